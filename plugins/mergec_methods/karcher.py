"""The mean of directions on the sphere."""

from __future__ import annotations

from math import acos, cos, fsum, sin

from mergec.api import Arguments, Blend, Coefficients, Gram, Inputs, Method, Param, ParamKind
from mergec_methods.combination import Matrix, cosines, length, lengths, of_inputs, times, unit, weighted_sum

NO_DIRECTION = 1e-5
"""An input shorter than this share of the longest one counts with its length alone."""

SMALLEST_SINE = 1e-6
"""Below it a direction is at the mean, which pulls it nowhere, or opposite, which pulls it no particular way."""


def fixed(count: int, arguments: Arguments) -> Coefficients | None:
    """One input is its own mean."""
    return (1.0,) if count == 1 else None


def measured(gram: Gram, arguments: Arguments) -> Coefficients:
    """Coefficients of the mean direction, at the mean length.

    Limits: inputs without a direction (zero, or 10⁻⁵ of the longest) count with their length only. Where the
    directions cancel, so that no mean direction is defined, the result is the plain average.
    Source: H. Karcher, "Riemannian center of mass and mollifier smoothing", CPAM 30, 1977; the iteration is that of
    S. Buss and J. Fillmore, "Spherical averages", ACM TOG 20, 2001, algorithm A1.
    """
    sizes = lengths(gram)
    count = len(sizes)
    heard = tuple(float(size > NO_DIRECTION * max(sizes)) for size in sizes)
    if not any(heard):
        return (1.0 / count,) * count
    mean = mean_direction(cosines(gram), heard, int(arguments.number("max_iter")), arguments.number("tol"))
    if mean is None:
        return (1.0 / count,) * count
    return of_inputs(mean, fsum(sizes) / count, sizes)


def mean_direction(matrix: Matrix, heard: Coefficients, most: int, tolerance_rad: float) -> Coefficients | None:
    """The point on the sphere with the least sum of squared angles to the directions heard; None if there is none."""
    mean = unit(matrix, heard)
    for _ in range(most):
        if mean is None:
            break
        step = pull(matrix, heard, mean)
        angle_rad = length(matrix, step)
        if angle_rad < tolerance_rad or angle_rad == 0.0:
            break
        mean = unit(matrix, weighted_sum(cos(angle_rad), mean, sin(angle_rad) / angle_rad, step))
    return mean


def pull(matrix: Matrix, heard: Coefficients, mean: Coefficients) -> Coefficients:
    """Mean of the directions as seen from a point of the sphere, each as far away as its angle."""
    count = sum(heard)
    along = [max(-1.0, min(1.0, c)) for c in times(matrix, mean)]
    pulls = []
    for cosine, counts in zip(along, heard, strict=True):
        angle_rad = acos(cosine)
        pulls.append(counts / count * angle_rad / sin(angle_rad) if sin(angle_rad) > SMALLEST_SINE else 0.0)
    back = fsum(p * c for p, c in zip(pulls, along, strict=True))
    return weighted_sum(1.0, tuple(pulls), -back, mean)


KARCHER = Method(
    name="karcher",
    summary="Average the directions of any number of tensors on the sphere, and their lengths apart.",
    pattern=Blend(fixed=fixed, measured=measured),
    inputs=Inputs(1),
    params=(
        Param("max_iter", "Steps at most.", kind=ParamKind.INTEGER, default=10, low=0),
        Param("tol", "A step shorter than this ends the search.", default=1e-5, low=0.0, unit="rad"),
    ),
    idempotent=True,
    symmetric=True,
    source='H. Karcher, "Riemannian center of mass and mollifier smoothing", CPAM 30, 1977',
)
