"""Models, merges and what arithmetic makes of them.

Each object is a piece of a recipe; nothing is looked up and nothing is read before the recipe is planned.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from os import PathLike, fspath

from mergec.python.values import Number, Value, params_of, quoted, text_of

ValueLike = Value | Number | bool | str


class Weights:
    """A model, a merge of models, or a sum of such; a difference of two is the change from one to the other."""

    def __add__(self, other: Weights) -> Weights:
        return _sum("+", self, other)

    def __sub__(self, other: Weights) -> Weights:
        return _sum("-", self, other)

    def __mul__(self, factor: Value | Number) -> Weights:
        return Term("({0} * {1})", (self,), factor)

    def __rmul__(self, factor: Value | Number) -> Weights:
        return Term("({1} * {0})", (self,), factor)

    def __truediv__(self, divisor: Value | Number) -> Weights:
        return Term("({0} / {1})", (self,), divisor)

    def __neg__(self) -> Weights:
        return Term("(-{0})", (self,))

    def __getitem__(self, layers: slice) -> Weights:
        """Layers from the first up to, not including, the end, as in `base[0:8]`."""
        if not isinstance(layers, slice) or layers.step is not None:
            raise TypeError("layers are taken by a range without a step, as in model[0:8]")
        first = "" if layers.start is None else str(int(layers.start))
        end = "" if layers.stop is None else str(int(layers.stop))
        return Term(f"{{0}}[{first}..{end}]", (self,))


@dataclass(frozen=True, eq=False)
class Model(Weights):
    """A checkpoint: a directory, or an id of the Hub, `org/name@revision`."""

    name: str
    reference: str


@dataclass(frozen=True, eq=False)
class Term(Weights):
    """Arithmetic on models. form: the text, with {0} for the first operand; the factor comes last."""

    form: str
    operands: tuple[Weights, ...]
    factor: Value | Number | None = None


@dataclass(frozen=True, eq=False)
class Rule:
    """`input.parameter[where] = value`."""

    parameter: str
    value: ValueLike
    where: str | None = None
    input: Weights | None = None
    is_method: bool = False


@dataclass(frozen=True, eq=False)
class Merge(Weights):
    """A method applied to inputs, under rules of which the last that matches a tensor wins."""

    method: str
    inputs: tuple[Weights, ...]
    base: Weights | None = None
    rules: tuple[Rule, ...] = ()
    name: str | None = None

    def set(self, where: str | None = None, /, **values: ValueLike) -> Merge:
        """The merge with parameters set for the tensors a selector matches: `m.set("mlp and not layers[0..4]", t=0.3)`.

        `method` is set by the name of a method: `m.set("rank(1)", method="lerp")`.
        """
        return replace(self, rules=(*self.rules, *_rules(values, where, None)))

    def set_for(self, input: Weights, where: str | None = None, /, **values: ValueLike) -> Merge:
        """The merge with parameters set for one of its inputs."""
        if all(input is not known for known in self.inputs):
            raise ValueError("set_for takes one of the merge's inputs")
        return replace(self, rules=(*self.rules, *_rules(values, where, input)))

    def named(self, name: str) -> Merge:
        """The merge under a name, which explain and messages use."""
        return replace(self, name=name)


def model(name: str, reference: str | PathLike[str]) -> Model:
    """A checkpoint, and what the recipe calls it."""
    return Model(name, fspath(reference))


def merge(
    method: str, *inputs: Weights, base: Weights | None = None, name: str | None = None, **values: ValueLike
) -> Merge:
    """A merge by a method: `merge("slerp", base, chat, t=0.5)`."""
    for given in (*inputs, *(() if base is None else (base,))):
        if not isinstance(given, Weights):
            raise TypeError(f"a merge takes models and merges, not {type(given).__name__}")
    return Merge(method, inputs, base, tuple(_rules(values, None, None)), name)


def stack(*parts: Weights) -> Weights:
    """Layers of several models, one after the other."""
    return Term(f"stack({', '.join(f'{{{i}}}' for i in range(len(parts)))})", parts)


def total(terms: Mapping[Weights, Value | Number]) -> Weights:
    """The sum of factor times difference: `base + total({a - base: 0.5, b - base: 0.3})`."""
    summed: Weights | None = None
    for weights, factor in terms.items():
        term = weights * factor
        summed = term if summed is None else summed + term
    if summed is None:
        raise ValueError("a sum needs a term")
    return summed


def _sum(operator: str, left: Weights, right: Weights) -> Weights:
    if not isinstance(right, Weights):
        return NotImplemented
    return Term(f"({{0}} {operator} {{1}})", (left, right))


def _rules(values: Mapping[str, ValueLike], where: str | None, input: Weights | None) -> list[Rule]:
    return [Rule(p, v, where, input, is_method=p == "method") for p, v in values.items()]


class Writer:
    """Writes the statements of a recipe: what is named or used twice gets a statement of its own."""

    def __init__(self, root: Weights) -> None:
        self.models: dict[str, str] = {}
        self.params: dict[str, str] = {}
        self.merges: list[str] = []
        self._uses: dict[int, int] = {}
        self._names: dict[int, str] = {}
        self._count(root)

    def _count(self, weights: Weights) -> None:
        seen = self._uses.get(id(weights), 0)
        self._uses[id(weights)] = seen + 1
        if not seen:
            for part in _parts(weights):
                self._count(part)

    def text(self, weights: Weights) -> str:
        """The expression of some weights; statements that it needs are added."""
        if isinstance(weights, Model):
            known = self.models.setdefault(weights.name, weights.reference)
            if known != weights.reference:
                raise ValueError(f"two models are called `{weights.name}`: {known!r} and {weights.reference!r}")
            return weights.name
        if id(weights) in self._names:
            return self._names[id(weights)]
        text = self._merge(weights) if isinstance(weights, Merge) else self._term(weights)
        name = weights.name if isinstance(weights, Merge) else None
        if name is None and self._uses.get(id(weights), 0) < 2:
            return text
        return self.declare(weights, name or f"part_{len(self._names) + 1}", text)

    def declare(self, weights: Weights, name: str, text: str) -> str:
        """Give an expression a name."""
        self.merges.append(f"merge {name} = {text}")
        self._names[id(weights)] = name
        return name

    def _term(self, term: Weights) -> str:
        assert isinstance(term, Term)
        given = [self.text(o) for o in term.operands]
        if term.factor is not None:
            self.params.update(params_of(term.factor))
            given.append(text_of(term.factor))
        return term.form.format(*given)

    def _merge(self, merged: Merge) -> str:
        inputs = {id(i): self.text(i) for i in merged.inputs}
        given = [inputs[id(i)] for i in merged.inputs]
        if merged.base is not None:
            given.append(f"base = {self.text(merged.base)}")
        rules = [self._rule(rule, inputs) for rule in merged.rules]
        braces = f" {{ {'  '.join(rules)} }}" if rules else ""
        return f"{merged.method}({', '.join(given)}){braces}"

    def _rule(self, rule: Rule, inputs: Mapping[int, str]) -> str:
        self.params.update(params_of(rule.value))
        owner = f"{inputs[id(rule.input)]}." if rule.input is not None else ""
        where = f"[{rule.where}]" if rule.where is not None else ""
        value = str(rule.value) if rule.is_method else text_of(rule.value)
        return f"{owner}{rule.parameter}{where} = {value}"

    def statements(self) -> list[str]:
        """All statements, in an order that reads well."""
        models = [f"model {name} = {quoted(reference)}" for name, reference in self.models.items()]
        return [*models, *self.params.values(), *self.merges]


def _parts(weights: Weights) -> tuple[Weights, ...]:
    if isinstance(weights, Merge):
        return (*weights.inputs, *(() if weights.base is None else (weights.base,)))
    return weights.operands if isinstance(weights, Term) else ()
