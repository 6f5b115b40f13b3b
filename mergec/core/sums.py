"""Sums of coefficients."""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum

NOTHING = 2.0**-52
"""What 1 - 0.3 - 0.7 leaves of decimals in binary is less than this, relative to the largest of them."""


def total(coefficients: Sequence[float]) -> float:
    """The sum, rounded once; 0 where the terms are decimals that cancel."""
    found = fsum(coefficients)
    largest = max(map(abs, coefficients), default=0.0)
    return 0.0 if len(coefficients) > 1 and abs(found) <= NOTHING * largest else found
