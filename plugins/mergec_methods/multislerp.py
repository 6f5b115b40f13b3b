"""Spherical interpolation of any number of tensors, by one step from their mean direction."""

from __future__ import annotations

from dataclasses import replace
from math import cos, fsum, sin

from mergec.api import Arguments, Base, Blend, Coefficients, Gram, Inputs, Method, Param, ParamKind, Situation
from mergec_methods.combination import cosines, length, lengths, of_inputs, times, unit, weighted_sum
from mergec_methods.weights import WEIGHT, normalized_if


def fixed(count: int, arguments: Arguments) -> Coefficients | None:
    """Normalized weights that leave one input are that input. Raises MethodError where they cannot be normalized."""
    weights = normalized_if("normalize_weights", arguments)
    return weights if sorted(weights) == [0.0] * (count - 1) + [1.0] else None


def measured(gram: Gram, arguments: Arguments) -> Coefficients:
    """Coefficients of the directions' weighted mean on the sphere, at the weighted mean of the lengths.

    With directions û, weights w, m the unit vector along Σ wû, τ = Σ w (û − ⟨û,m⟩ m): m cos |τ| + τ/|τ| sin |τ|.
    Limits: where Σ wû cancels there is no m, and the result is the weighted sum of the inputs.
    Source: S. Buss and J. Fillmore, "Spherical averages", ACM TOG 20, 2001: their algorithm's first step.
    """
    weights, eps = normalized_if("normalize_weights", arguments), arguments.number("eps")
    matrix, sizes = cosines(gram), lengths(gram)
    shares = tuple(w * (s / (s + eps) if s > 0 else 0.0) for w, s in zip(weights, sizes, strict=True))
    middle = unit(matrix, shares, shortest=eps)
    if middle is None:
        return weights
    along = fsum(share * c for share, c in zip(shares, times(matrix, middle), strict=True))
    aside = weighted_sum(1.0, shares, -along, middle)
    angle_rad = length(matrix, aside) + eps
    reach = sin(angle_rad) / angle_rad if angle_rad > 0 else 1.0
    mean = weighted_sum(cos(angle_rad), middle, reach, aside)
    return of_inputs(mean, fsum(w * s for w, s in zip(weights, sizes, strict=True)), sizes)


_OF_INPUTS = Blend(fixed=fixed, measured=measured)
_OF_DELTAS = replace(_OF_INPUTS, of_deltas=True)


def choose(situation: Situation) -> Blend:
    """Differences are averaged where there is a base."""
    return _OF_DELTAS if situation.has_base else _OF_INPUTS


MULTISLERP = Method(
    name="multislerp",
    summary="Average any number of tensors or differences on the sphere, with weights.",
    pattern=_OF_INPUTS,
    inputs=Inputs(1),
    params=(
        WEIGHT,
        Param("normalize_weights", "Divide the weights by their sum.", kind=ParamKind.FLAG, default=True),
        Param("eps", "Added to lengths before they divide.", default=1e-8, low=0.0),
    ),
    base=Base.OPTIONAL,
    lone_input=True,
    symmetric=True,
    choose=choose,
    shade="weight",
    source='S. Buss and J. Fillmore, "Spherical averages", ACM TOG 20, 2001',
)
