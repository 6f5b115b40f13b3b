"""What mergekit YAML means, in the words of the merge language: the tree of the one as a tree of the other."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from mergec.contract.method import Base, Method
from mergec.core.params import Scope
from mergec.diagnostics import Code, Report
from mergec.driver.model_names import free_name, model_names
from mergec.driver.shifted_filters import Range, shifted
from mergec.hooks import Plugins
from mergec.syntax import tree
from mergec.syntax.mergekit_refs import RESERVED
from mergec.syntax.rebuild import rebuilt
from mergec.syntax.same_tree import same_nodes

GRADIENT = (
    "gradient(…) is a list of mergekit's: curve(…), but read at its first value by every tensor outside the layers,",
    "and at its last by a slice of one layer.",
)
ORDER = (
    "Of mergekit's filters the first that matches wins; here the last rule does, so they stand in reverse, the",
    "parameters of the recipe before those of a slice, and these before those of a model.",
)


@dataclass(frozen=True, slots=True)
class Spelled:
    """Statements that the merge language has words for, and remarks on what differs from YAML."""

    statements: tuple[tree.Statement, ...]
    remarks: tuple[str, ...]


def spelled_out(document: tree.Document, plugins: Plugins, report: Report) -> Spelled:
    """A document of the YAML front end in the words of the merge language; what has none is in `report`."""
    models = {s.name.text: s for s in document.statements if isinstance(s, tree.ModelStatement)}
    speller = _Speller(plugins, models, report)
    statements = [rebuilt(s, _plainer) for s in document.statements]
    merges = [speller.merge(s) for s in statements if isinstance(s, tree.MergeStatement)]
    others = [s for s in statements if isinstance(s, tree.OutputStatement | tree.RequiresStatement)]
    found = (*models.values(), *speller.aliases, *merges, *others)
    return Spelled(_renamed(found, models, plugins), tuple(speller.remarks))


def _plainer(node: object) -> object:
    """A number below zero with its sign as an operator; a gradient that ends as it begins as a curve, which it is."""
    match node:
        case tree.Number(value, span) if str(value).startswith("-"):
            return tree.Unary("-", tree.Number(-value, span), span)
        case tree.Call(tree.Name("gradient"), (first, *_, last)) if same_nodes(first, last):
            return replace(node, function=replace(node.function, text="curve"))
        case _:
            return node


def _renamed(
    statements: tuple[tree.Statement, ...], models: Mapping[str, tree.ModelStatement], plugins: Plugins
) -> tuple[tree.Statement, ...]:
    """The statements with short names for the models, and for their aliases."""
    settings = [pair for s in statements if isinstance(s, tree.OutputStatement) for pair in s.settings]
    donors = [v.text for name, v in settings if name.text == "donor" and isinstance(v, tree.NameUse)]
    base = models[donors[0]].reference.value if donors else None
    taken = {*RESERVED, *plugins.methods, "merged"}
    names = model_names([s.reference.value for s in models.values()], base, taken)
    table: dict[str, str] = {}
    for statement in statements:
        if isinstance(statement, tree.ModelStatement):
            own = names[statement.reference.value]
            is_alias = statement.name.text not in models
            others = {*taken, *names.values(), *table.values()}
            table[statement.name.text] = free_name(own, others) if is_alias else own

    def change(node: object) -> object:
        match node:
            case tree.NameUse(text) if text in table:
                return replace(node, text=table[text])
            case tree.ModelStatement(name):
                return replace(node, name=replace(name, text=table[name.text]))
            case tree.Rule(input=tree.Name() as owner):
                return replace(node, input=replace(owner, text=table[owner.text]))
            case _:
                return node

    return tuple(rebuilt(s, change) for s in statements)


@dataclass(slots=True)
class _Speller:
    plugins: Plugins
    models: Mapping[str, tree.ModelStatement]
    report: Report
    aliases: list[tree.ModelStatement] = field(default_factory=list)
    remarks: dict[str, None] = field(default_factory=dict)

    def merge(self, statement: tree.MergeStatement) -> tree.MergeStatement:
        call = statement.value
        assert isinstance(call, tree.Call)
        if call.function.text != "stack":
            return replace(statement, value=self.call(call, 0))
        parts, offset = [], 0
        for part in call.arguments:
            assert isinstance(part, tree.Call)
            parts.append(self.call(part, offset))
            offset += len(Range.of(part.arguments[0], offset))
        return replace(statement, value=replace(call, arguments=tuple(parts)))

    def call(self, call: tree.Call, offset: int) -> tree.Call:
        """A merge whose first layer is the layer `offset` of the output."""
        method = self.plugins.methods[call.function.text].method
        rules = tuple(r for rule in call.rules for r in self.located(rule, call, method, offset))
        rules = tuple(replace(r, selector=self.selector(r.selector)) for r in rules)
        is_apart = method.base in (Base.SEPARATE, Base.OPTIONAL)
        base = _model(call.default_base) if call.default_base is not None and is_apart else None
        names = [_model(a) for a in call.arguments]
        arguments, names = self.told_apart(call.arguments, names, rules, base)
        self.remark(rules)
        return replace(
            call,
            arguments=tuple(a for a in arguments if not _is_base_alone(a, base, arguments, method)),
            named=_base(call, method),
            rules=tuple(r for rule in rules for r in _named(rule, names, base)),
            default_base=None,
        )

    def located(self, rule: tree.Rule, call: tree.Call, method: Method, offset: int) -> tuple[tree.Rule, ...]:
        """A rule whose filter is of the input's own names, as rules whose filters are of the output's."""
        param = method.param(rule.parameter.text)
        inputs = [Range.of(a, offset) for a in call.arguments]
        is_per_input = param is not None and param.scope is Scope.PER_INPUT
        if not is_per_input or not isinstance(rule.selector, tree.Contains):
            return (rule,)
        if all(shifted(rule.selector, layers) == (rule.selector,) for layers in inputs):
            return (rule,)
        found = []
        for i, layers in enumerate(inputs):
            if rule.input not in (None, i):
                continue
            selectors = shifted(rule.selector, layers)
            if selectors is None:
                self.refuse(rule.selector)
            found += [replace(rule, input=i, selector=selector) for selector in selectors or ()]
        return tuple(found)

    def refuse(self, filter: tree.Contains) -> None:
        self.report.error(
            Code.NOT_SUPPORTED,
            f"the filter `{filter.text}` looks at names of a model whose layers get other numbers",
            filter.span,
            help="write a filter with the whole number of a layer, as `layers.3.`, or without one",
        )

    def selector(self, selector: tree.Selector | None) -> tree.Selector | None:
        if not isinstance(selector, tree.Contains):
            return selector
        if re.search(r"[*?]", selector.text):
            return tree.Regex(literal(selector.text), selector.span)
        return tree.Glob(f"*{selector.text}*", selector.span)

    def told_apart(
        self,
        arguments: tuple[tree.Expression, ...],
        names: list[str],
        rules: tuple[tree.Rule, ...],
        base: str | None,
    ) -> tuple[tuple[tree.Expression, ...], list[str]]:
        """Inputs under names of their own where a model is there twice and rules set something for one of the two."""
        numbered = {names[r.input] for r in rules if isinstance(r.input, int)} - {base}
        changed, seen = list(arguments), dict.fromkeys(names, 0)
        for i, name in enumerate(list(names)):
            seen[name] += 1
            if name in numbered and seen[name] > 1:
                names[i] = self.alias(name, seen[name])
                changed[i] = _with_model(arguments[i], names[i])
        return tuple(changed), names

    def alias(self, name: str, number: int) -> str:
        own = f"{name} {number}"
        if all(s.name.text != own for s in self.aliases):
            original = self.models[name]
            self.aliases.append(replace(original, name=replace(original.name, text=own)))
        return own

    def remark(self, rules: tuple[tree.Rule, ...]) -> None:
        if any(isinstance(r.value, tree.Call) and r.value.function.text == "gradient" for r in rules):
            self.remarks.update(dict.fromkeys(GRADIENT))
        parameters = [r.parameter.text for r in rules]
        if len(set(parameters)) < len(parameters):
            self.remarks.update(dict.fromkeys(ORDER))


def literal(text: str) -> str:
    """A regular expression that finds a text as it stands."""
    signs = (re.escape(c) if c.isprintable() and c != " " else f"\\u{ord(c):04x}" for c in text)
    return "".join(" " if sign == "\\u0020" else sign for sign in signs)


def _base(call: tree.Call, method: Method) -> tuple[tuple[tree.Name, tree.Expression], ...]:
    """The base, if the method has a use for one."""
    if method.base is Base.NONE or method.takes_as_is(len(call.arguments)):
        return ()
    if call.default_base is None:
        return call.named
    return ((tree.Name("base", call.default_base.span), call.default_base),)


def _model(argument: tree.Expression) -> str:
    """The model an input is, or is layers of."""
    operand = argument.operand if isinstance(argument, tree.LayerRange) else argument
    assert isinstance(operand, tree.NameUse)
    return operand.text


def _with_model(argument: tree.Expression, name: str) -> tree.Expression:
    if isinstance(argument, tree.LayerRange):
        return replace(argument, operand=_with_model(argument.operand, name))
    return tree.NameUse(name, argument.span)


def _is_base_alone(
    argument: tree.Expression, base: str | None, arguments: tuple[tree.Expression, ...], method: Method
) -> bool:
    """Whether an input is the base of its merge as a whole, which says nothing that `base = …` does not."""
    is_base = isinstance(argument, tree.NameUse) and argument.text == base
    return is_base and not method.takes_as_is(1) and any(_model(a) != base for a in arguments)


def _named(rule: tree.Rule, names: list[str], base: str | None) -> tuple[tree.Rule, ...]:
    """A rule with the name of its input; none for the base, which is no input."""
    if not isinstance(rule.input, int):
        return (rule,)
    name = names[rule.input]
    return () if name == base else (replace(rule, input=tree.Name(name, rule.span)),)
