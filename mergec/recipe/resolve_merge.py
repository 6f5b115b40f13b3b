"""Merge expressions: which methods, inputs, base and rules."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from mergec.contract.method import Base, Method
from mergec.core.units import counted
from mergec.diagnostics import Code, Report, Span
from mergec.hooks import Plugins
from mergec.recipe.algebra import Combination, alone, sum_of
from mergec.recipe.extent import Extents
from mergec.recipe.for_each import repeated
from mergec.recipe.merge_inputs import Given, InputCheck
from mergec.recipe.model import Merge, ModelUse, Node, Slice, Stack, with_fallbacks
from mergec.recipe.names import Names, unknown_name
from mergec.recipe.resolve_algebra import AlgebraResolver, Side
from mergec.recipe.resolve_rules import RuleScope, find_method, resolve_method_rules, resolve_rules
from mergec.recipe.resolve_values import ValueResolver
from mergec.recipe.values import FUNCTIONS, ValueProblem
from mergec.recipe.wrappers import can_wrap, check_rules, wrap
from mergec.syntax import tree

DEEPEST = 120
"""How deep expressions and names may stand in one another before the first of them is known."""


@dataclass(slots=True)
class MergeResolver:
    """Turns merge expressions into nodes. Problems are reported; None stands for an expression that has some."""

    names: Names
    plugins: Plugins
    values: ValueResolver
    report: Report
    open: list[str] = field(default_factory=list)
    done: dict[str, Side | Node | None] = field(default_factory=dict)
    sums: dict[int, Combination] = field(default_factory=dict)
    depth: int = 0
    is_too_deep: bool = False
    extents: Extents = field(init=False)
    algebra: AlgebraResolver = field(init=False)

    def __post_init__(self) -> None:
        self.extents = Extents(self.report)
        self.algebra = AlgebraResolver(self.names, self.values, self.report, self._part)

    def resolve(self, expression: tree.Expression, name: str = "") -> Node | None:
        """The model that an expression makes; `name` is that of its statement."""
        found = self._any(expression, name)
        if isinstance(found, Combination):
            help = f"it can be added to a model: `base + {_in_brackets(expression)}`"
            message = "this is a difference of models, not a model"
            self.report.error(Code.WRONG_KIND, message, expression.span, help=help)
        elif isinstance(found, ModelUse | Merge | Stack | Slice):
            return found
        elif isinstance(found, tree.NameUse) and found.text not in self.names.statements:
            unknown_name(found.text, found.span, (*self.names.models, *self.names.merges), "a model", self.report)
        elif isinstance(found, tree.ForEach):
            help = "write `stack(a[i..i+2] for i in 0..8 by 2)`"
            self.report.error(Code.WRONG_KIND, "`for` makes parts of a `stack`", found.span, help=help)
        elif found is not None:
            named = f"give it a name: `model NAME = {found.span.text}`" if isinstance(found, tree.Text) else None
            self.report.error(Code.WRONG_KIND, "this is not a model", expression.span, help=named)
        return None

    def check(self, statement: tree.MergeStatement) -> None:
        """Report what is wrong with a merge; it may be a difference of models, which others are made with."""
        found = self._name(tree.NameUse(statement.name.text, statement.name.span))
        if not isinstance(found, Combination | ModelUse | Merge | Stack | Slice | None):
            self.resolve(statement.value)

    def _any(self, expression: tree.Expression, name: str = "") -> Side | Node | None:
        """What an expression comes to: a model, a difference of models, or the expression itself if it is a number."""
        if self.depth == DEEPEST and not self.is_too_deep:
            self.is_too_deep = True
            help = "name a merge before it is used in another one"
            self.report.error(Code.TOO_COMPLEX, "these merges nest too deeply", expression.span, help=help)
        if self.is_too_deep:
            return None
        self.depth += 1
        found = self._unguarded(expression, name)
        self.depth -= 1
        return found

    def _unguarded(self, expression: tree.Expression, name: str) -> Side | Node | None:
        match expression:
            case tree.NameUse():
                return self._name(expression)
            case tree.LayerRange():
                return self._layers(expression)
            case tree.Call() if expression.function.text == "stack":
                return self._stack(expression)
            case tree.Call() if not self._is_function(expression):
                return self._merge(expression, name)
            case tree.Binary() | tree.Unary():
                found = self.algebra.resolve(expression)
                return self._sum(found, name) if isinstance(found, Combination) and found.is_model else found
            case _:
                return expression

    def _part(self, expression: tree.Expression) -> Side | None:
        """What an operand of algebra comes to."""
        found = self._any(expression)
        if isinstance(found, ModelUse | Merge | Stack | Slice):
            whole = self.sums.get(id(found))
            return alone(found, expression.span) if whole is None else whole.at(expression.span)
        return found

    def _sum(self, combination: Combination, name: str) -> Node | None:
        try:
            node = sum_of(combination, name)
        except ValueProblem as problem:
            self.report.error(Code.BAD_VALUE, problem.message, problem.span)
            return None
        self.sums[id(node)] = combination
        return self._allowed(node)

    def _allowed(self, node: Node) -> Node | None:
        return node if self.extents.allow(node) else None

    def _is_function(self, call: tree.Call) -> bool:
        """Whether a call is of a function of numbers."""
        name = call.function.text
        is_plain = not (call.rules or call.named or call.default_base)
        known = name in FUNCTIONS or name in ("curve", "gradient")
        return is_plain and (name in self.names.lets or (known and name not in self.plugins.methods))

    def _name(self, use: tree.NameUse) -> Side | Node | None:
        if use.text in self.names.models:
            return ModelUse(self.names.models[use.text], None, None, use.span)
        written = self.names.merges.get(use.text) or self.names.lets.get(use.text)
        if written is None or (isinstance(written, tree.LetStatement) and written.parameters):
            return use
        if use.text in self.open:
            path = " → ".join((*self.open[self.open.index(use.text) :], use.text))
            made = "made from" if isinstance(written, tree.MergeStatement) else "defined by"
            self.report.error(Code.CYCLE, f"`{use.text}` is {made} itself", use.span, help=f"the circle is {path}")
            return None
        if use.text not in self.done:
            self.open.append(use.text)
            with self.values.unbound():
                self.done[use.text] = self._any(written.value, use.text)
            self.open.pop()
        found = self.done[use.text]
        if isinstance(found, Combination):
            return found.at(use.span)
        is_number = found is not None and not isinstance(found, ModelUse | Merge | Stack | Slice)
        return use if is_number and isinstance(written, tree.LetStatement) else found

    def _layers(self, layers: tree.LayerRange) -> Node | None:
        operand = self.resolve(layers.operand)
        bounds = [None if b is None else self.values.number(b, "a layer") for b in (layers.first, layers.end)]
        first, end = 0 if layers.first is None else bounds[0], bounds[1]
        if operand is None or first is None or (end is None and layers.end is not None):
            return None
        if first != int(first) or first < 0 or not (end is None or (end == int(end) and first < end)):
            self.report.error(
                Code.BAD_LAYER_RANGE,
                "a range of layers counts from 0 and holds at least one layer",
                layers.first.span.to(layers.end.span) if layers.first and layers.end else layers.span,
                f"{first:g} to {'the last' if end is None else f'{end:g}'}",
                help="`[0..8]` is the first eight layers: the end is not included",
            )
            return None
        cut = _cut(operand, int(first), None if end is None else int(end), layers.span, self.report)
        return None if cut is None else self._allowed(cut)

    def _stack(self, call: tree.Call) -> Node | None:
        for rule in call.rules:
            help = "rules stand at the parts that are merged: `stack(a[0..4], slerp(a[4..8], b[4..8]) { t = 0.5 })`"
            self.report.error(Code.UNKNOWN_PARAMETER, "`stack` has no parameters", rule.span, help=help)
        for argument, _ in call.named:
            self.report.error(Code.UNKNOWN_PARAMETER, f"`stack` has no `{argument.text}`", argument.span)
        parts = [part for a in call.arguments for part in self._parts(a)]
        nodes = tuple(n for p in parts if p is not None for n in (p.parts if isinstance(p, Stack) else (p,)))
        if not parts:
            self.report.error(Code.WRONG_INPUTS, "`stack` needs at least one part", call.span)
        return self._allowed(Stack(nodes, call.span)) if parts and None not in parts else None

    def _parts(self, argument: tree.Expression) -> Iterable[Node | None]:
        """The parts that one argument of a stack stands for."""
        if not isinstance(argument, tree.ForEach):
            return (self.resolve(argument),)
        return repeated(argument, self._parts, self.names, self.values, self.report)

    def _merge(self, call: tree.Call, name: str) -> Node | None:
        method = find_method(call.function, self.plugins, self.report)
        method_rules = resolve_method_rules(call.rules, self.plugins, self.report)
        resolved = [self.resolve(a) for a in call.arguments]
        base, base_span, is_valid = self._base(call, method)
        inputs = tuple(i for i in resolved if i is not None)
        if method is None:
            return None
        given = Given(call, (method, *(r.method for r in method_rules)), inputs, base, base_span)
        is_whole = len(inputs) == len(resolved)
        order = given.order if is_whole and not method.wraps else tuple(range(len(resolved)))
        written = tuple(_input_name(call.arguments[i]) for i in order)
        scope = RuleScope(with_fallbacks(given.methods), written, order)
        rules = resolve_rules(call.rules, scope, self.values, self.report)
        if not is_whole or not is_valid or not check_rules(method, method_rules, self.report):
            return None
        if method.wraps:
            fits = can_wrap(call, method, inputs, self.report)
            return self._allowed(wrap(call, method, inputs[0], rules, method_rules, name)) if fits else None
        if given.is_apart and inputs and not order:
            return self._base_alone(given)
        if not InputCheck(self.names, self.plugins, self.report).fits(given):
            return None
        ordered, span = tuple(inputs[i] for i in order), call.function.span
        places = tuple(call.arguments[i].span for i in order) + ((base_span,) if base_span is not None else ())
        return self._allowed(Merge(method, span, ordered, places, given.separate, rules, method_rules, name, call.span))

    def _base_alone(self, given: Given) -> Node | None:
        """A merge of the base with nothing is the base."""
        method, span = given.methods[0], given.call.function.span
        message = f"`{method.name}` is given nothing but its base, which is taken as it is"
        self.report.warn(Code.WRONG_INPUTS, message, span, help="list the models that are to be merged into the base")
        return given.separate

    def _base(self, call: tree.Call, method: Method | None) -> tuple[Node | None, Span | None, bool]:
        """The base named in a call, where, and whether what is said of the base makes sense."""
        refused = False
        given = call.default_base
        for argument, value in call.named:
            if argument.text != "base":
                self.report.error(
                    Code.UNKNOWN_PARAMETER,
                    f"`{call.function.text}(…)` takes `base = model` and no `{argument.text}`",
                    argument.span,
                    help=f"parameters stand in braces: {call.function.text}(…) {{ {argument.text} = … }}",
                )
                return None, None, False
            refused = isinstance(value, tree.NameUse) and value.text == "none"
            given = None if refused else value
        base = None if given is None else self.resolve(given)
        if given is not None:
            return base, given.span, base is not None
        if method is None or method.wraps or method.takes_as_is(len(call.arguments)):
            return None, None, True
        if method.base is Base.SEPARATE or (method.base is Base.FIRST and refused):
            self.report.error(
                Code.MISSING_BASE,
                f"`{method.name}` needs to know which model is the base",
                call.function.span,
                help=f"name it: `base_model: …` in YAML, `{method.name}(…, base = NAME)` in the merge language",
            )
            return None, None, False
        return None, None, True


def _cut(node: Node, first: int, end: int | None, span: Span, report: Report) -> Node | None:
    """Layers of a node; layers of some layers of a model are layers of the model."""
    if not isinstance(node, ModelUse):
        return Slice(node, first, end, span)
    start = node.first or 0
    if node.end is None:
        return ModelUse(node.model, start + first, None if end is None else start + end, span)
    layers = node.end - start
    if first < layers and (end is None or end <= layers):
        return ModelUse(node.model, start + first, node.end if end is None else start + end, span)
    ends = f"starts at {first}" if end is None else f"ends at {end}"
    message = f"`{node.span.text}` has {counted(layers, 'layer')}, the range {ends}"
    help = f"layers count from 0 in what the range is taken of: at most {layers}"
    report.error(Code.BAD_LAYER_RANGE, message, span, "past the last layer", help=help)
    return None


def _input_name(argument: tree.Expression) -> str | None:
    inner = argument.operand if isinstance(argument, tree.LayerRange) else argument
    return inner.text if isinstance(inner, tree.NameUse) else None


def _in_brackets(expression: tree.Expression) -> str:
    """An expression short enough to be an example."""
    is_name = isinstance(expression, tree.NameUse)
    return expression.span.text if is_name else "(a - b)"
