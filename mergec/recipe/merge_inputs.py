"""The inputs of a merge and its base: which they are, in which order, and whether they suit the methods."""

from __future__ import annotations

from dataclasses import dataclass

from mergec.contract.method import Base, Method
from mergec.core.suggest import nearest
from mergec.diagnostics import Code, Label, Report, Span
from mergec.hooks import Plugins
from mergec.recipe.model import ModelUse, Node, Slice
from mergec.recipe.names import Names
from mergec.syntax import tree

APART = (Base.SEPARATE, Base.OPTIONAL)


@dataclass(frozen=True, slots=True)
class Given:
    """What a call gives its methods, the default one first. base: what is said to be the base, among the inputs or not.

    inputs: one for each argument.
    """

    call: tree.Call
    methods: tuple[Method, ...]
    inputs: tuple[Node, ...]
    base: Node | None
    base_span: Span | None

    @property
    def is_apart(self) -> bool:
        """Whether the base is taken apart from the inputs."""
        apart = self.methods[0].base in APART or any(m.base is Base.SEPARATE for m in self.methods)
        return self.base is not None and apart

    @property
    def lists_base(self) -> bool:
        """Whether the base is one of the inputs listed."""
        return any(same(i, self.base) for i in self.inputs)

    @property
    def order(self) -> tuple[int, ...]:
        """The inputs as the methods want them, by their places in the call: the base first, or left out."""
        order = tuple(range(len(self.inputs)))
        if self.base is None:
            return order
        if self.is_apart:
            return tuple(i for i in order if not same(self.inputs[i], self.base))
        if all(m.base is not Base.FIRST for m in self.methods):
            return order
        return tuple(sorted(order, key=lambda i: not same(self.inputs[i], self.base)))

    @property
    def separate(self) -> Node | None:
        """The base that is taken apart; where it is listed with a range of layers, these layers of it."""
        if not self.is_apart or _is_range(self.base):
            return self.base if self.is_apart else None
        return next((i for i in self.inputs if same(i, self.base)), self.base)


def same(node: Node, base: Node | None) -> bool:
    """Whether an input is the base: the same model or merge, whatever the layers."""
    node, other = _whole(node), None if base is None else _whole(base)
    if isinstance(node, ModelUse) and isinstance(other, ModelUse):
        return node.model == other.model
    return node is other


def _whole(node: Node) -> Node:
    while isinstance(node, Slice):
        node = node.node
    return node


def _is_range(node: Node | None) -> bool:
    return isinstance(node, Slice) or (isinstance(node, ModelUse) and node.first is not None)


@dataclass(frozen=True, slots=True)
class InputCheck:
    """Reports inputs and bases that do not suit the methods of a merge."""

    names: Names
    plugins: Plugins
    report: Report

    def fits(self, given: Given) -> bool:
        """Whether the inputs suit every method of the merge."""
        fits = self._has_use(given)
        for method in dict.fromkeys(m for m in given.methods if not m.takes_as_is(len(given.inputs))):
            fits = self._has_base(method, given) and self._suits(method, given) and fits
        return fits

    def _has_use(self, given: Given) -> bool:
        """Whether a base that the call names plays a part in the merge."""
        idle = all(m.base is Base.NONE or m.takes_as_is(len(given.inputs)) for m in given.methods)
        if not given.call.named or given.base is None or not idle or given.lists_base:
            return True
        name = given.call.named[0][0].span
        self.report.error(
            Code.UNKNOWN_PARAMETER,
            f"`{given.call.function.text}` has no use for a base",
            name.to(given.base_span or name),
            "has no effect",
            help="list the model among those that are merged, or leave it out",
        )
        return False

    def _has_base(self, method: Method, given: Given) -> bool:
        """Whether a method that a rule chooses has the base it needs; the default method is known to have it."""
        if method.base is not Base.SEPARATE or given.base is not None:
            return True
        self.report.error(
            Code.MISSING_BASE,
            f"`{method.name}`, which a rule chooses, needs to know which model is the base",
            given.call.function.span,
            help=f"name it: `{given.call.function.text}(…, base = NAME)`",
        )
        return False

    def _suits(self, method: Method, given: Given) -> bool:
        count = len(given.order)
        if method.base is Base.FIRST and given.base is not None and not given.lists_base:
            self.report.error(
                Code.MISSING_BASE,
                f"`{method.name}` starts from its base, which is not among the inputs",
                given.base_span,
                "the base",
                also=(Label(given.call.function.span, "merges other models"),),
                help="list the base among the models that are merged",
            )
        elif (
            given.is_apart and given.lists_base and (method.base is Base.FIRST or _is_main_without_base(method, given))
        ):
            other = next(m.name for m in given.methods if m.base in APART)
            self.report.error(
                Code.WRONG_INPUTS,
                f"`{method.name}` takes the base among its inputs, `{other}` apart from them",
                given.call.function.span,
                help="choose methods that take the base alike",
            )
            return False
        if not _takes(method, count):
            self._wrong_count(method, count, given)
            return False
        return given.base is None or method.base is not Base.FIRST or given.lists_base

    def _wrong_count(self, method: Method, count: int, given: Given) -> None:
        self.report.error(
            Code.WRONG_INPUTS,
            f"`{method.name}` takes {method.inputs} models, not {count}",
            given.call.function.span,
            f"given {count}",
            also=tuple(Label(a.span) for a in given.call.arguments[:6]),
            notes=("the base is none of the models listed, so it counts as one more",) if _is_added(given) else (),
            help=self._meant_base(given) or _other_method(count, self.plugins),
        )

    def _meant_base(self, given: Given) -> str | None:
        """The model listed that a base, counted as one more input, was meant to be."""
        base = given.base
        if not _is_added(given) or not isinstance(base, ModelUse):
            return None
        references = [m.reference.value for m in self.names.model_statements]
        listed = [references[i.model] for i in given.inputs if isinstance(i, ModelUse) and i.model != base.model]
        near = nearest(references[base.model], listed)
        return f"name one of them as the base; did you mean `{near or listed[0]}`?"


def _is_main_without_base(method: Method, given: Given) -> bool:
    return method is given.methods[0] and method.base is Base.NONE


def _is_added(given: Given) -> bool:
    """Whether the last input is the base itself, which no list of models has."""
    return given.base_span is not None and len(given.inputs) > 1 and given.call.arguments[-1].span == given.base_span


def _takes(method: Method, count: int) -> bool:
    most = method.inputs.most
    return method.inputs.least <= count and (most is None or count <= most)


def _other_method(count: int, plugins: Plugins) -> str | None:
    methods = (p.method for p in plugins.methods.values())
    fitting = [m.name for m in methods if m.base is not Base.SEPARATE and not m.wraps and _takes(m, count)]
    return f"methods that take {count}: {', '.join(fitting)}" if fitting else None
