"""What a merge method declares, so that mergec can check it, explain it and stream it.

A method is data and small functions. It opens no files, prints nothing and never changes an input.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from mergec.contract import randomness
from mergec.core.params import Param, Value

if TYPE_CHECKING:
    from torch import Tensor


class MethodError(ValueError):
    """A method refuses its arguments; mergec names the tensor and underlines the rule that set `parameter`.

    input: the input whose value is refused, for a parameter that each input has of its own.
    """

    def __init__(self, message: str, parameter: str | None = None, input: int | None = None) -> None:
        super().__init__(message)
        self.parameter = parameter
        self.input = input


Coefficients = tuple[float, ...]
"""One number per input; the result is the sum of coefficient times input."""


@dataclass(frozen=True, slots=True)
class Gram:
    """Inner products of the inputs (or of their deltas from the base), as vectors of float64.

    `products[i][j]` is the sum over all elements of input i times input j; the matrix is symmetric.
    """

    products: tuple[tuple[float, ...], ...]

    def norm(self, i: int) -> float:
        """Euclidean length of input i, in the unit of its elements."""
        return float(max(self.products[i][i], 0.0) ** 0.5)

    def cosine(self, i: int, j: int) -> float:
        """Cosine of the angle between inputs i and j, in -1..1; 0 where one of them is zero."""
        lengths = self.norm(i) * self.norm(j)
        return max(-1.0, min(1.0, self.products[i][j] / lengths)) if lengths > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Arguments:
    """The values of a method's parameters for one tensor."""

    shared: tuple[tuple[str, Value | None], ...] = ()
    per_input: tuple[tuple[str, tuple[Value | None, ...]], ...] = ()

    def value(self, name: str) -> Value | None:
        """A shared parameter's value; None if it was not given and has no default."""
        return dict(self.shared)[name]

    def number(self, name: str) -> float:
        """A shared parameter that always has a value, as a float."""
        value = self.value(name)
        assert value is not None
        return float(value)

    def flag(self, name: str) -> bool:
        return bool(self.value(name))

    def values(self, name: str) -> tuple[Value | None, ...]:
        """A per-input parameter, one value per input; None where it was not given and has no default."""
        return dict(self.per_input)[name]

    def numbers(self, name: str) -> tuple[float, ...]:
        """A per-input parameter that always has a value, as floats."""
        values = self.values(name)
        numbers = tuple(float(v) for v in values if v is not None)
        assert len(numbers) == len(values)
        return numbers


@dataclass(frozen=True, slots=True)
class Blend:
    """The result is a weighted sum of the inputs.

    fixed: coefficients from the number of inputs and the parameters alone, or None if the tensors must be looked at.
    measured: coefficients from the Gram matrix; needed where `fixed` may return None.
    of_deltas: the Gram matrix is that of input minus base, the coefficients weigh deltas, and the base is added.
    rows: one Gram matrix and one set of coefficients per row, a run of the last axis (a tensor of one axis is one
        row); `measured_rows` is then called instead, with a float64 tensor [rows, n, n], and returns a float64 tensor
        [rows, n].
    """

    fixed: Callable[[int, Arguments], Coefficients | None]
    measured: Callable[[Gram, Arguments], Coefficients] | None = None
    measured_rows: Callable[[Tensor, Arguments], Tensor] | None = None
    of_deltas: bool = False

    @property
    def rows(self) -> bool:
        return self.measured_rows is not None


Memo = Callable[[tuple[str, int], Callable[[], Any]], Any]


def _compute(key: tuple[str, int], compute: Callable[[], Any]) -> Any:
    return compute()


@dataclass(frozen=True, slots=True)
class Block:
    """Aligned pieces of the inputs, float32 (float64 where an input has 32 or 64 bits); never to be changed.

    inputs: one tensor each, 1-D for elementwise methods, [rows, columns] for rows methods, the full shape for whole.
    base: the same piece of the base, if the method has one.
    shape: that of the whole tensor.
    first: index of the piece's first element in the whole tensor.
    measured: results of the method's measures, those that are complete.
    surveyed: results of the method's surveys, those that are complete.
    keys: one per input; names its stream of random numbers.
    memo: keeps what is computed of a whole input for other methods that look at the same input of the same tensor.
    """

    inputs: tuple[Tensor, ...]
    base: Tensor | None
    arguments: Arguments
    tensor_name: str
    shape: tuple[int, ...] = ()
    first: int = 0
    measured: tuple[Any, ...] = ()
    surveyed: tuple[Any, ...] = ()
    keys: tuple[int, ...] = ()
    memo: Memo = _compute

    def delta(self, i: int) -> Tensor:
        """Input i minus the base, a new tensor."""
        assert self.base is not None
        return self.inputs[i] - self.base

    def bits(self, i: int) -> Tensor:
        """Uniform 32-bit numbers, as int32, one for each element of input i."""
        return randomness.bits(self.keys[i], self.first, self.inputs[i])

    def halves(self, i: int) -> Tensor:
        """Uniform 16-bit numbers, as int16, one for each element of input i; half the work of `bits`."""
        return randomness.halves(self.keys[i], self.first, self.inputs[i])

    def uniform(self, i: int) -> Tensor:
        """Uniform float32 numbers in 0..1, 1 not included, one for each element of input i."""
        return randomness.uniform(self.keys[i], self.first, self.inputs[i])

    def keep(self, i: int, probability: float | Tensor) -> Tensor:
        """A random mask, one flag for each element of input i; true with a probability for all or one for each."""
        return randomness.keep(self.keys[i], self.first, self.inputs[i], probability)

    def once(self, what: str, i: int, compute: Callable[[], Any]) -> Any:
        """What `compute` returns, for input i and the base alone; of whole tensors it is computed but once."""
        return self.memo((what, i), compute)


@dataclass(frozen=True, slots=True)
class Measure:
    """A pass over a tensor, or over all tensors of a merge, that amounts to something small.

    take: what a block amounts to; a list or the like must not hold views of the block, whose memory is used again.
        Blocks are the same whatever memory and threads there are.
    join: two amounts of neighbouring runs as one; called in the order of the tensor.
    settle: what is made of the amount of the whole, if not itself. The block has no inputs.
    """

    take: Callable[[Block], Any]
    join: Callable[[Any, Any], Any]
    settle: Callable[[Any, Block], Any] | None = None


@dataclass(frozen=True, slots=True)
class Elementwise:
    """The result at an element depends on the inputs at that element, and on measures of the whole.

    measures: passes over the tensor before `apply`, one after the other; each finds the results of those before it.
    surveys: the same over every tensor of the merge that this method makes, before any of them is made.
    workspace: what `apply` and the measures allocate at most, in multiples of one input's block.
    """

    apply: Callable[[Block], Tensor]
    measures: tuple[Measure, ...] = ()
    surveys: tuple[Measure, ...] = ()
    workspace: float = 8.0


@dataclass(frozen=True, slots=True)
class Rows:
    """As `Elementwise`, but a block is a number of whole rows (the last axis is never cut)."""

    apply: Callable[[Block], Tensor]
    measures: tuple[Measure, ...] = ()
    surveys: tuple[Measure, ...] = ()
    workspace: float = 8.0


@dataclass(frozen=True, slots=True)
class Whole:
    """A function of whole tensors, one at a time; `workspace` is what it needs, in multiples of one input's bytes."""

    apply: Callable[[Block], Tensor]
    workspace: float = 4.0


Pattern = Blend | Elementwise | Rows | Whole


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known of a tensor before it is read, for a method whose pattern depends on it."""

    arguments: Arguments
    count: int
    has_base: bool
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Suits:
    """Which tensors a method is made for.

    ranks: numbers of dimensions, all if empty. without: roles of tensors that it is not for.
    """

    ranks: tuple[int, ...] = ()
    without: tuple[str, ...] = ()

    def suits(self, rank: int, roles: Collection[str]) -> bool:
        """Whether a tensor of so many dimensions and these roles is one of them."""
        return (not self.ranks or rank in self.ranks) and not any(role in roles for role in self.without)

    def __str__(self) -> str:
        noun = "dimension" if self.ranks == (1,) else "dimensions"
        ranks = f"tensors of {' or '.join(map(str, self.ranks))} {noun}" if self.ranks else "tensors"
        return ranks + (f" other than {' or '.join(self.without)}" if self.without else "")


class Base(Enum):
    """What a method does with a base model."""

    NONE = "none"
    """It has no use for one."""
    FIRST = "first"
    """The base is the first input, the one the method starts from."""
    SEPARATE = "separate"
    """The base is not an input; the inputs are taken relative to it."""
    OPTIONAL = "optional"
    """As `SEPARATE` where a base is named; without one the inputs are taken as they are."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """How many inputs a method takes, the base not counted unless it is the first input."""

    least: int
    most: int | None = None

    def __str__(self) -> str:
        if self.most is None:
            return f"{self.least} or more"
        return str(self.least) if self.least == self.most else f"{self.least} to {self.most}"


@dataclass(frozen=True, slots=True)
class Method:
    """A merge method.

    idempotent: merging copies of one tensor gives that tensor, whatever the parameters; mergec then copies bytes.
    lone_input: one input alone is taken as it is, whatever `inputs` and the parameters say (so in mergekit's slices of
        one source).
    symmetric: the inputs, each with its own parameters, may stand in any order; mergec then gives them in one of its
        own, so that the order of the recipe changes no bit.
    random: it draws random numbers, so that the seed counts.
    suits: the tensors it is made for, all if None. Others get `fallback`, which takes its parameters from the same
        rules; without one they are an error.
    wraps: it works on the result of another merge: its inputs are that result and then the merge's own inputs.
    choose: the pattern for a tensor, where parameters or shape decide it; `pattern` stands for it elsewhere.
    shade: the parameter that `explain` draws over the layers.
    source: where the method comes from (paper, equation).
    """

    name: str
    summary: str
    pattern: Pattern
    inputs: Inputs
    params: tuple[Param, ...] = ()
    base: Base = Base.NONE
    idempotent: bool = False
    lone_input: bool = False
    symmetric: bool = False
    random: bool = False
    suits: Suits | None = None
    fallback: Method | None = None
    wraps: bool = False
    choose: Callable[[Situation], Pattern] | None = None
    shade: str | None = None
    source: str = ""

    def param(self, name: str) -> Param | None:
        return next((p for p in self.params if p.name == name), None)

    def pattern_for(self, situation: Situation) -> Pattern:
        """How a tensor is made. Raises MethodError for parameters that do not go together."""
        return self.pattern if self.choose is None else self.choose(situation)

    def takes_as_is(self, count: int) -> bool:
        """Whether this many inputs are one input alone that no parameter changes."""
        return self.lone_input and count == 1
