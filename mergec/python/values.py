"""Values of parameters: numbers, curves, and arithmetic on them that is done for each tensor."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite

Number = float | int


@dataclass(frozen=True, eq=False)
class Value:
    """An expression of the merge language, as text. params: what `--set` can change in it, as statements."""

    text: str
    params: tuple[tuple[str, str], ...] = ()

    def __add__(self, other: Value | Number) -> Value:
        return _binary("+", self, other)

    def __radd__(self, other: Number) -> Value:
        return _binary("+", other, self)

    def __sub__(self, other: Value | Number) -> Value:
        return _binary("-", self, other)

    def __rsub__(self, other: Number) -> Value:
        return _binary("-", other, self)

    def __mul__(self, other: Value | Number) -> Value:
        # A model on the right multiplies itself: it returns NotImplemented to none.
        if not isinstance(other, Value | float | int):
            return NotImplemented
        return _binary("*", self, other)

    def __rmul__(self, other: Number) -> Value:
        return _binary("*", other, self)

    def __truediv__(self, other: Value | Number) -> Value:
        return _binary("/", self, other)

    def __rtruediv__(self, other: Number) -> Value:
        return _binary("/", other, self)

    def __pow__(self, other: Value | Number) -> Value:
        return _binary("**", self, other)

    def __neg__(self) -> Value:
        return Value(f"(-{self.text})", self.params)


depth = Value("depth")
"""0 at the first layer of a merge, 1 at its last."""

layer = Value("layer")
"""The index of a tensor's layer, from 0."""

layers = Value("layers")
"""How many layers there are."""


def curve(*points: Value | Number) -> Value:
    """Piecewise linear over the depth, through points at equal distances."""
    return function("curve", *points)


def function(name: str, *arguments: Value | Number) -> Value:
    """A function of the language: `function("sin", depth)`, `function("clamp", depth, 0.2, 0.8)`."""
    return Value(f"{name}({', '.join(map(text_of, arguments))})", tuple(_params(arguments)))


def param(name: str, default: Number, low: Number | None = None, high: Number | None = None) -> Value:
    """A number that can be set from outside, within bounds if they are given."""
    bounds = "" if low is None or high is None else f" in {text_of(low)}..{text_of(high)}"
    return Value(name, ((name, f"param {name} = {text_of(default)}{bounds}"),))


def text_of(value: Value | Number | bool | str) -> str:
    """A value as the language writes it. Raises TypeError for anything else, ValueError for a number that is none."""
    if isinstance(value, Value):
        return value.text
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return quoted(value)
    if not isinstance(value, float | int):
        raise TypeError(f"a parameter is a number, a flag, a text or a mergec value, not {type(value).__name__}")
    if not isfinite(value):
        raise ValueError(f"{value} is not a number that a recipe can hold")
    text = repr(value)
    return f"(-{text[1:]})" if text.startswith("-") else text


def quoted(text: str) -> str:
    """A text in quotes, escaped as the language reads it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'


def params_of(value: object) -> tuple[tuple[str, str], ...]:
    """The params that a value mentions."""
    return value.params if isinstance(value, Value) else ()


def _binary(operator: str, left: Value | Number, right: Value | Number) -> Value:
    return Value(f"({text_of(left)} {operator} {text_of(right)})", tuple(_params((left, right))))


def _params(values: tuple[Value | Number, ...]) -> Iterator[tuple[str, str]]:
    for value in values:
        yield from params_of(value)
