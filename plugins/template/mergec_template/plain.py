"""A plain function of whole tensors: the least there is to write.

Its name is the method's, the first line of its docstring the summary, and what stands behind the `*` its parameters.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from mergec.api import Inputs, method

if TYPE_CHECKING:  # `mergec explain` stays quick as long as no plugin imports torch when it is loaded
    from torch import Tensor


@method
def without_extremes(
    inputs: tuple[Tensor, ...], *, extremes: Annotated[float, "How much the two count all the same, 0 to 1."] = 0.0
) -> Tensor:
    """Average what is left at each element without the largest and the smallest value."""
    largest = smallest = total = inputs[0]
    for x in inputs[1:]:
        largest, smallest, total = largest.maximum(x), smallest.minimum(x), total + x
    left_out = 1.0 - extremes
    return (total - left_out * (largest + smallest)) / (len(inputs) - 2.0 * left_out)


WITHOUT_EXTREMES = replace(without_extremes, inputs=Inputs(3), symmetric=True, idempotent=True)
