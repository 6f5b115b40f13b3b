"""Rules of a merge: which parameter, which input, which value."""

from __future__ import annotations

from dataclasses import dataclass

from mergec.contract.method import Method
from mergec.core.conform import conform
from mergec.core.params import Param, ParamKind, Scope
from mergec.core.suggest import did_you_mean
from mergec.diagnostics import Code, Report
from mergec.hooks import Plugins
from mergec.recipe.model import MethodRule, Rule
from mergec.recipe.resolve_values import ValueResolver
from mergec.recipe.values import Constant, ValueExpr, constants_of
from mergec.syntax import tree

WITHOUT_EFFECT = frozenset(("int8_mask",))
"""Parameters that many recipes carry along and that change no result."""

METHOD = "method"
"""The rule `method[selector] = name` chooses a method; no parameter can have this name."""


# fmt: off
MERGEKIT_METHODS = frozenset({
    "arcee_fusion", "breadcrumbs", "breadcrumbs_ties", "dare_linear", "dare_ties", "della", "della_linear",
    "nearswap", "ram", "ramplus_tl", "sce", "task_swapping", "ties",
})
# fmt: on
"""Names that recipes written for mergekit may give, so that none of them is taken for a misspelt one."""
_BASE = "the base stands beside the inputs: `METHOD(…, base = NAME)`; in YAML it is the key `base_model`"
_OUTPUT = "this is a setting of `output`: `output NAME { dtype = bfloat16 }`; in YAML it is a key of its own"
_ELSEWHERE = {"base": _BASE, "base_model": _BASE, "dtype": _OUTPUT, "out_dtype": _OUTPUT}
"""What is set elsewhere than among a method's parameters."""


@dataclass(frozen=True, slots=True)
class RuleScope:
    """What the rules of one merge may speak of: its methods, and its inputs as merged."""

    methods: tuple[Method, ...]
    input_names: tuple[str | None, ...]
    order: tuple[int, ...]
    """input_names[i] is what the i-th input is called; order[i] is its place among the inputs as written."""

    def param(self, name: str) -> Param | None:
        return next((p for m in self.methods if (p := m.param(name)) is not None), None)


def find_method(name: tree.Name, plugins: Plugins, report: Report) -> Method | None:
    """The method of a name, or a diagnostic with the nearest one."""
    if name.text in plugins.methods:
        return plugins.methods[name.text].method
    report.error(
        Code.UNKNOWN_METHOD,
        f"no merge method is called `{name.text}`",
        name.span,
        "not provided by any installed plugin",
        help=_instead(name.text, plugins),
    )
    return None


def _instead(name: str, plugins: Plugins) -> str | None:
    otherwise = "`mergec methods` lists the installed methods"
    for failure in plugins.failures:
        if failure.method == name:
            return f"{failure.provider} has it, but it cannot be used: {failure.reason}"
        if not failure.method:
            otherwise += f"; {failure.provider} could not be loaded and may provide it"
    if name in MERGEKIT_METHODS:
        return f"mergekit has it, and mergec not yet; {otherwise}"
    return did_you_mean(name, plugins.methods, otherwise)


def resolve_method_rules(rules: tuple[tree.Rule, ...], plugins: Plugins, report: Report) -> tuple[MethodRule, ...]:
    """The rules that choose a method."""
    found = []
    for rule in rules:
        if rule.parameter.text != METHOD:
            continue
        if not isinstance(rule.value, tree.NameUse) or rule.input is not None:
            help = "write the name alone, as in `method[norm] = lerp`"
            report.error(Code.BAD_VALUE, "`method` is set to the name of a method", rule.value.span, help=help)
            continue
        method = find_method(tree.Name(rule.value.text, rule.value.span), plugins, report)
        if method is not None:
            found.append(MethodRule(rule.selector, method, rule.span))
    return tuple(found)


def resolve_rules(
    rules: tuple[tree.Rule, ...], scope: RuleScope, values: ValueResolver, report: Report
) -> tuple[Rule, ...]:
    """The rules that set parameters, in the order written."""
    return tuple(r for rule in rules if rule.parameter.text != METHOD for r in _rule(rule, scope, values, report))


def _rule(rule: tree.Rule, scope: RuleScope, values: ValueResolver, report: Report) -> tuple[Rule, ...]:
    """The rule, once for each input that it names."""
    param = scope.param(rule.parameter.text)
    if param is None:
        _unknown_parameter(rule.parameter, scope, report)
        return ()
    positions = (None,) if rule.input is None else _inputs(rule, param, scope, report)
    value = _value(rule.value, param, values, report)
    if value is None:
        return ()
    return tuple(Rule(param.name, position, rule.selector, value, rule.span) for position in positions)


def _unknown_parameter(name: tree.Name, scope: RuleScope, report: Report) -> None:
    if name.text in WITHOUT_EFFECT:
        message = f"`{name.text}` changes no number in mergekit, and mergec has no use for it"
        report.warn(Code.UNKNOWN_PARAMETER, message, name.span, "has no effect", help="remove it")
        return
    known = [p.name for m in scope.methods for p in m.params]
    methods = " or ".join(f"`{m}`" for m in dict.fromkeys(m.name for m in scope.methods))
    listed = ", ".join(f"`{k}`" for k in dict.fromkeys(known))
    report.error(
        Code.UNKNOWN_PARAMETER,
        f"{methods} has no parameter `{name.text}`",
        name.span,
        "has no effect",
        help=_ELSEWHERE.get(name.text)
        or did_you_mean(name.text, known, f"it has {listed}" if known else "it has no parameters"),
    )


def _inputs(rule: tree.Rule, param: Param, scope: RuleScope, report: Report) -> tuple[int, ...]:
    """The positions of the inputs that a rule names: a model may be there more than once."""
    if param.scope is Scope.SHARED:
        report.error(
            Code.MISPLACED_PARAMETER,
            f"`{param.name}` belongs to the whole merge, not to one of its inputs",
            rule.parameter.span,
            "has no effect here",
            help=f"set `{param.name}` for the merge as a whole",
        )
        return ()
    if isinstance(rule.input, int):
        if rule.input not in scope.order:
            message = f"`{param.name}` is set for the base, which is no input"
            report.warn(Code.RULE_MATCHES_NOTHING, message, rule.span, help="remove it")
        return tuple(i for i, written in enumerate(scope.order) if written == rule.input)
    assert rule.input is not None
    if rule.input.text not in scope.input_names:
        known = list(dict.fromkeys(n for n in scope.input_names if n))
        report.error(
            Code.UNKNOWN_NAME,
            f"`{rule.input.text}` is not an input of this merge",
            rule.input.span,
            help=did_you_mean(rule.input.text, known, f"its inputs are {', '.join(known)}"),
        )
        return ()
    return tuple(i for i, name in enumerate(scope.input_names) if name == rule.input.text)


def _value(expression: tree.Expression, param: Param, values: ValueResolver, report: Report) -> ValueExpr | None:
    if param.kind is ParamKind.TEXT and isinstance(expression, tree.NameUse):
        value: ValueExpr | None = Constant(expression.text, expression.span)
    else:
        value = values.resolve(expression)
    for constant in (constants_of(value) or ()) if value is not None else ():
        check_constant(constant, param, report)
    return value


def check_constant(constant: Constant, param: Param, report: Report, label: str = "") -> None:
    """Report a value that does not suit its parameter; `label` says where it has that value."""
    try:
        conform(param, constant.value)
    except ValueError as error:
        code = Code.OUT_OF_RANGE if str(error).startswith("must be") else Code.BAD_VALUE
        report.error(code, f"`{param.name}` {error}", constant.span, label, help=param.doc or None)
