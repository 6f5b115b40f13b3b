"""What each output tensor is made of, with the origin of every value."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from mergec.contract.method import Method
from mergec.core.anatomy import Place
from mergec.core.params import Value
from mergec.core.tensor import TensorEntry, TensorType
from mergec.diagnostics import Span


@dataclass(frozen=True, slots=True)
class Stored:
    """A tensor of an input checkpoint. `note` says why it stands in for another, if it does."""

    model: int
    entry: TensorEntry
    note: str = ""


@dataclass(frozen=True, slots=True)
class Bound:
    """A parameter's value for one tensor (and one input, if it is per input).

    origin: the rule that set it, None for the method's default. shadowed: matching rules that lost, strongest first.
    """

    name: str
    value: Value | None
    origin: Span | None
    shadowed: tuple[Span, ...]
    input: int | None = None


class How(Enum):
    """What happens to a tensor."""

    MERGE = "merge"
    COPY = "copy"
    """Taken as it is stored, no method applied: a layer of a plain model, a buffer."""
    AGREE = "agree"
    """Not a float tensor: copied, after a check that all inputs hold the same bytes."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """One output tensor, or one intermediate tensor of a nested merge.

    place: where it stands in the output. depth: where curves were read for it; None if nothing was read.
    fallback_of: the method that was asked for, where `method` stands in because the tensor does not suit that one.
    merge_span: the merge that it is a part of; tensors that one method makes in one merge are surveyed together.
    sources: one text per operand, none twice, the same wherever and in whatever order the recipe is run; with the
        method and the tensor they name streams of random numbers.
    merge_name: what the recipe calls that merge; empty if it is written in another one.
    """

    name: str
    type: TensorType
    place: Place
    how: How
    method: Method | None
    depth: float | None
    bound: tuple[Bound, ...]
    operands: tuple[Operand, ...]
    base: Operand | None = None
    method_origin: Span | None = None
    fallback_of: Method | None = None
    merge_span: Span | None = None
    sources: tuple[str, ...] = ()
    merge_name: str = ""

    @property
    def parts(self) -> tuple[Operand, ...]:
        """The operands, and the base where it is not one of them."""
        return self.operands if self.base is None else (*self.operands, self.base)

    @property
    def action(self) -> str:
        """What happens to the tensor, in one word: the method's name, or `copy`, `cast`, `agree`."""
        if self.method is not None:
            return self.method.name
        source = self.operands[0]
        stored = source.entry.type if isinstance(source, Stored) else source.type
        return "cast" if stored.dtype is not self.type.dtype else self.how.value


Operand = Stored | Assignment


@dataclass(frozen=True, slots=True)
class Dropped:
    """An input tensor that is not in the output, and why. is_unused_layer: it lies in a layer that no slice takes."""

    model: int
    name: str
    reason: str
    origin: Span | None = None
    is_unused_layer: bool = False


def stored_operands(operand: Operand) -> Iterable[Stored]:
    """Every stored tensor that an operand is made of; what is made of them twice gives them once."""
    parts = (operand,) if isinstance(operand, Stored) else operand.parts
    stored = [part for part in parts if isinstance(part, Stored)]
    return stored if len(stored) == len(parts) else _stored_in_nest(operand)


def _stored_in_nest(operand: Operand) -> Iterable[Stored]:
    seen: set[int] = set()
    waiting: list[Operand] = [operand]
    while waiting:
        following = waiting.pop()
        if isinstance(following, Stored):
            yield following
        elif id(following) not in seen:
            seen.add(id(following))
            waiting.extend(reversed(following.parts))
