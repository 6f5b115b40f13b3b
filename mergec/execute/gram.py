"""From partial inner products to a method's coefficients."""

from __future__ import annotations

from math import fsum, isfinite

from mergec.contract.backend import PartialGram
from mergec.contract.method import Coefficients, Gram
from mergec.plan import Measured


def summed(partials: list[PartialGram]) -> Gram | None:
    """The Gram matrix, each product rounded once; None where one is not a finite number."""
    count = len(partials[0])
    try:
        rows = tuple(tuple(fsum(p[i][j] for p in partials) for j in range(count)) for i in range(count))
    except (OverflowError, ValueError):
        return None
    return Gram(rows) if all(isfinite(product) for row in rows for product in row) else None


def coefficients_of(measured: Measured, gram: Gram) -> Coefficients:
    """What the method makes of the measurements. Raises ValueError if that is no coefficient for each input."""
    assert measured.pattern.measured is not None
    coefficients = tuple(float(c) for c in measured.pattern.measured(gram, measured.arguments))
    if len(coefficients) != len(gram.products):
        raise ValueError(f"gave {len(coefficients)} coefficients for {len(gram.products)} inputs")
    if not all(isfinite(c) for c in coefficients):
        raise ValueError(f"gave the coefficients {coefficients}")
    return coefficients


def weights_of_all(coefficients: Coefficients, of_deltas: bool) -> Coefficients:
    """The coefficients of the inputs and, where those given weigh deltas, of the base: b + Σ c (x − b)."""
    return (*coefficients, fsum((1.0, *(-c for c in coefficients)))) if of_deltas else coefficients
