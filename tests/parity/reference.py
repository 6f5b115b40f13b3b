"""What a tensor should be, in float64."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tests.support.numbers import Array, ulp


@dataclass(frozen=True)
class Reference:
    """What a tensor should be, and the sum of its terms' absolute values; both float64."""

    wanted: Array
    terms: Array

    def last_place(self, code: str) -> Array:
        """One unit in the last place at the size of the terms; in plain sums, about that of the result."""
        return ulp(self.terms, code)

    @property
    def plain(self) -> NDArray[np.bool_]:
        """Where the terms do not cancel: at least half of their size is left."""
        return np.abs(self.wanted) >= 0.5 * self.terms
