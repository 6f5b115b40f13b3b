"""Merge expressions: which methods, inputs, base and rules."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from mergec.contract.method import Base, Method
from mergec.core.suggest import nearest
from mergec.diagnostics import Code, Label, Report, Span
from mergec.hooks import Plugins
from mergec.recipe.for_each import MOST_PARTS, repeated
from mergec.recipe.model import Merge, ModelUse, Node, Stack, model_uses
from mergec.recipe.names import Names, unknown_name
from mergec.recipe.resolve_rules import RuleScope, find_method, resolve_method_rules, resolve_rules
from mergec.recipe.resolve_values import ValueResolver
from mergec.syntax import tree

DEEPEST = 200
"""How deep expressions and names may stand in one another before the first of them is known."""
LATER_ALGEBRA = "`lerp(a, b) { t = 0.3 }` is a + 0.3 * (b - a), and `linear` a mean of any number of models"
LATER_NESTED = "build the inner merge first, and name its directory as a model"


@dataclass(slots=True)
class MergeResolver:
    """Turns merge expressions into nodes. Problems are reported; None stands for an expression that has some."""

    names: Names
    plugins: Plugins
    values: ValueResolver
    report: Report
    open: list[str] = field(default_factory=list)
    done: dict[str, Node | None] = field(default_factory=dict)
    depth: int = 0
    is_too_deep: bool = False

    def resolve(self, expression: tree.Expression, name: str) -> Node | None:
        """The node of an expression; `name` is what the merge is called in messages."""
        if self.depth == DEEPEST and not self.is_too_deep:
            self.is_too_deep = True
            help = "name a merge before it is used in another one"
            self.report.error(Code.TOO_COMPLEX, "these merges nest too deeply", expression.span, help=help)
        if self.is_too_deep:
            return None
        self.depth += 1
        node = self._resolve(expression, name)
        self.depth -= 1
        return node

    def _resolve(self, expression: tree.Expression, name: str) -> Node | None:
        match expression:
            case tree.NameUse():
                return self._name(expression)
            case tree.LayerRange():
                return self._layers(expression)
            case tree.Call() if expression.function.text == "stack":
                return self._stack(expression, name)
            case tree.Call():
                return self._merge(expression, name)
            case tree.Binary() | tree.Unary():
                self._later("arithmetic on models is not supported yet", expression.span, LATER_ALGEBRA)
                return None
            case tree.ForEach():
                help = "write `stack(a[i..i+2] for i in 0..8 by 2)`"
                self.report.error(Code.WRONG_KIND, "`for` makes parts of a `stack`", expression.span, help=help)
                return None
            case _:
                self.report.error(Code.WRONG_KIND, "this is not a model", expression.span)
                return None

    def _later(self, message: str, span: Span, help: str | None = None) -> None:
        self.report.error(Code.NOT_SUPPORTED, message, span, help=help)

    def _name(self, use: tree.NameUse) -> Node | None:
        if use.text in self.names.models:
            return ModelUse(self.names.models[use.text], None, None, use.span)
        if use.text not in self.names.merges:
            unknown_name(use.text, use.span, (*self.names.models, *self.names.merges), "a model", self.report)
            return None
        if use.text in self.open:
            path = " → ".join((*self.open[self.open.index(use.text) :], use.text))
            self.report.error(Code.CYCLE, f"`{use.text}` is made from itself", use.span, help=f"the circle is {path}")
            return None
        if use.text not in self.done:
            self.open.append(use.text)
            with self.values.unbound():
                self.done[use.text] = self.resolve(self.names.merges[use.text].value, use.text)
            self.open.pop()
        return self.done[use.text]

    def _layers(self, layers: tree.LayerRange) -> Node | None:
        operand = self.resolve(layers.operand, "")
        bounds = [None if b is None else self.values.number(b, "a layer") for b in (layers.first, layers.end)]
        first, end = 0 if layers.first is None else bounds[0], bounds[1]
        if operand is None or first is None or (end is None and layers.end is not None):
            return None
        if not isinstance(operand, ModelUse) or operand.first is not None:
            self._later("layers can be taken of a model only, not yet of a merge", layers.span, LATER_NESTED)
            return None
        return self._layers_of(operand.model, first, end, layers)

    def _layers_of(self, model: int, first: float, end: float | None, layers: tree.LayerRange) -> ModelUse | None:
        if first == int(first) and first >= 0 and (end is None or (end == int(end) and first < end)):
            return ModelUse(model, int(first), None if end is None else int(end), layers.span)
        self.report.error(
            Code.BAD_LAYER_RANGE,
            "a range of layers counts from 0 and holds at least one layer",
            layers.first.span.to(layers.end.span) if layers.first and layers.end else layers.span,
            f"{first:g} to {'the last' if end is None else f'{end:g}'}",
            help="`[0..8]` is the first eight layers: the end is not included",
        )
        return None

    def _stack(self, call: tree.Call, name: str) -> Node | None:
        for rule in call.rules:
            self.report.error(Code.UNKNOWN_PARAMETER, "`stack` has no parameters", rule.span)
        for argument, _ in call.named:
            self.report.error(Code.UNKNOWN_PARAMETER, f"`stack` has no `{argument.text}`", argument.span)
        parts = [part for a in call.arguments for part in self._parts(a, name)]
        nodes = tuple(n for p in parts if p is not None for n in (p.parts if isinstance(p, Stack) else (p,)))
        if not parts:
            self.report.error(Code.WRONG_INPUTS, "`stack` needs at least one part", call.span)
        if sum(len(model_uses(n)) for n in nodes) > MOST_PARTS:
            self.report.error(Code.TOO_COMPLEX, f"a stack of more than {MOST_PARTS} ranges of layers", call.span)
            return None
        return Stack(nodes, call.span) if parts and None not in parts else None

    def _parts(self, argument: tree.Expression, name: str) -> Iterable[Node | None]:
        """The parts that one argument of a stack stands for."""
        if not isinstance(argument, tree.ForEach):
            return (self.resolve(argument, name),)
        return repeated(argument, lambda part: self._parts(part, name), self.names, self.values, self.report)

    def _merge(self, call: tree.Call, name: str) -> Node | None:
        method = find_method(call.function, self.plugins, self.report)
        method_rules = resolve_method_rules(call.rules, self.plugins, self.report)
        resolved = [self._input(a, name) for a in call.arguments]
        base, is_valid = self._base(call, method, name)
        inputs = tuple(i for i in resolved if i is not None)
        if method is None:
            return None
        methods = (method, *(r.method for r in method_rules))
        order = _order(inputs, base, methods) if len(inputs) == len(resolved) else tuple(range(len(resolved)))
        written = tuple(_input_name(a) for a in call.arguments)
        scope = RuleScope(methods, tuple(written[i] for i in order), order)
        rules = resolve_rules(call.rules, scope, self.values, self.report)
        if len(inputs) < len(resolved):
            return None
        fits = self._fits(call, methods, inputs, base)
        if not is_valid or not fits:
            return None
        ordered = tuple(inputs[i] for i in order)
        separate = base if method.base is Base.SEPARATE else None
        return Merge(method, call.function.span, ordered, separate, rules, method_rules, name, call.span)

    def _input(self, argument: tree.Expression, name: str) -> Node | None:
        node = self.resolve(argument, name)
        if node is None or isinstance(node, ModelUse):
            return node
        self._later("a merge cannot be an input of a merge yet", argument.span, LATER_NESTED)
        return None

    def _base(self, call: tree.Call, method: Method | None, name: str) -> tuple[Node | None, bool]:
        """The base named in a call, and whether what is said of the base makes sense."""
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
                return None, False
            refused = isinstance(value, tree.NameUse) and value.text == "none"
            given = None if refused else value
        base = None if given is None else self._input(given, name)
        if given is not None and base is None:
            return None, False
        if method is None or base is not None or method.takes_as_is(len(call.arguments)):
            return base, True
        if method.base is Base.SEPARATE or (method.base is Base.FIRST and refused):
            self.report.error(
                Code.MISSING_BASE,
                f"`{method.name}` needs to know which model is the base",
                call.function.span,
                help="name it: `base_model: …` in YAML, `base = …` in the merge language",
            )
            return None, False
        return None, True

    def _fits(self, call: tree.Call, methods: tuple[Method, ...], inputs: tuple[Node, ...], base: Node | None) -> bool:
        """Whether the inputs suit every method of the merge; reports where they do not."""
        fits = self._has_use(call, methods, inputs, base)
        for method in dict.fromkeys(m for m in methods if not m.takes_as_is(len(inputs))):
            if method.base is Base.FIRST and base is not None and not any(_same(i, base) for i in inputs):
                self.report.error(
                    Code.MISSING_BASE,
                    f"`{method.name}` starts from its base, which is not among the inputs",
                    base.span,
                    "the base",
                    also=(Label(call.function.span, "merges other models"),),
                    help="list the base among the models that are merged",
                )
                fits = False
            separate = method.base is Base.SEPARATE
            count = sum(1 for i in inputs if not (separate and _same(i, base)))
            if count < method.inputs.least or (method.inputs.most is not None and count > method.inputs.most):
                self.report.error(
                    Code.WRONG_INPUTS,
                    f"`{method.name}` takes {method.inputs} models, not {count}",
                    call.function.span,
                    f"given {count}",
                    also=tuple(Label(i.span) for i in inputs[:6]),
                    notes=("the base is none of the models listed, so it counts as one more",)
                    if _is_added(inputs, base)
                    else (),
                    help=self._meant_base(inputs, base) or _other_method(count, self.plugins),
                )
                fits = False
        return fits

    def _has_use(
        self, call: tree.Call, methods: tuple[Method, ...], inputs: tuple[Node, ...], base: Node | None
    ) -> bool:
        """Whether a base that the call names plays a part in the merge."""
        idle = all(m.base is Base.NONE or m.takes_as_is(len(inputs)) for m in methods)
        if not call.named or base is None or not idle or any(_same(i, base) for i in inputs):
            return True
        self.report.error(
            Code.UNKNOWN_PARAMETER,
            f"`{call.function.text}` has no use for a base",
            call.named[0][0].span.to(base.span),
            "has no effect",
            help="list the model among those that are merged, or leave it out",
        )
        return False

    def _meant_base(self, inputs: tuple[Node, ...], base: Node | None) -> str | None:
        """The model listed that a base, counted as one more input, was meant to be."""
        if not _is_added(inputs, base) or not isinstance(base, ModelUse):
            return None
        references = [m.reference.value for m in self.names.model_statements]
        listed = [references[i.model] for i in inputs if isinstance(i, ModelUse) and i.model != base.model]
        near = nearest(references[base.model], listed)
        return f"name one of them as the base; did you mean `{near or listed[0]}`?"


def _is_added(inputs: tuple[Node, ...], base: Node | None) -> bool:
    """Whether the last input is the base itself, which no list of models has."""
    return base is not None and len(inputs) > 1 and inputs[-1].span == base.span


def _other_method(count: int, plugins: Plugins) -> str | None:
    fitting = [
        p.method.name
        for p in plugins.methods.values()
        if p.method.base is not Base.SEPARATE
        and p.method.inputs.least <= count
        and (p.method.inputs.most is None or count <= p.method.inputs.most)
    ]
    return f"methods that take {count}: {', '.join(fitting)}" if fitting else None


def _input_name(argument: tree.Expression) -> str | None:
    inner = argument.operand if isinstance(argument, tree.LayerRange) else argument
    return inner.text if isinstance(inner, tree.NameUse) else None


def _same(node: Node, base: Node | None) -> bool:
    """Whether an input is the base: the same model, whatever the layers."""
    return isinstance(node, ModelUse) and isinstance(base, ModelUse) and node.model == base.model


def _order(inputs: tuple[Node, ...], base: Node | None, methods: tuple[Method, ...]) -> tuple[int, ...]:
    """The inputs in the order the methods want them, by their places: the base first, or left out where it is none."""
    order = tuple(range(len(inputs)))
    if base is None:
        return order
    if methods[0].base is Base.SEPARATE:
        return tuple(i for i in order if not _same(inputs[i], base))
    if all(m.base is not Base.FIRST for m in methods):
        return order
    return tuple(sorted(order, key=lambda i: not _same(inputs[i], base)))
