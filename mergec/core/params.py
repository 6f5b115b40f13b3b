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

    `default` None with `required` False means "not given". `low` and `high` are inclusive bounds; a value outside
    them is an error. Outside `usual`, it is a warning.
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
