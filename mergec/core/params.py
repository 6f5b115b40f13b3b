"""What a method says of its parameters, and the values they take."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

Value = float | int | bool | str
"""A parameter's value after evaluation."""


class ParamKind(Enum):
    NUMBER = "number"
    INTEGER = "integer"
    FLAG = "flag"
    TEXT = "text"


class Scope(Enum):
    """Whether a parameter has one value per tensor, or one per tensor and input."""

    SHARED = "shared"
    PER_INPUT = "per input"


@dataclass(frozen=True, slots=True)
class Param:
    """A parameter of a merge method.

    `default` None with `required` False means "not given". A value below `low` or over `high` is an error, and so is
    one that is not over `above` or not below `below`. Outside `usual`, it is a warning.
    """

    name: str
    doc: str
    kind: ParamKind = ParamKind.NUMBER
    scope: Scope = Scope.SHARED
    default: Value | None = None
    required: bool = False
    low: float | None = None
    high: float | None = None
    usual: tuple[float, float] | None = None
    unit: str = ""
    choices: tuple[str, ...] = ()
    above: float | None = None
    below: float | None = None

    def holds(self, value: float) -> bool:
        """Whether a number is within the bounds."""
        return (
            (self.low is None or value >= self.low)
            and (self.high is None or value <= self.high)
            and (self.above is None or value > self.above)
            and (self.below is None or value < self.below)
        )

    @property
    def bounds(self) -> str:
        """The bounds in words, such as `above 0 and at most 1`; empty if there are none."""
        named = (("above", self.above), ("at least", self.low), ("at most", self.high), ("below", self.below))
        return " and ".join(f"{word} {bound:g}" for word, bound in named if bound is not None)
