"""Spherical linear interpolation of two tensors."""

from __future__ import annotations

from math import acos, sin

from mergec.api import Arguments, Base, Blend, Coefficients, Gram, Inputs, Method, Param

NEARLY_COLINEAR = 0.9995
"""Cosines beyond this, either way, are interpolated along the chord (mergekit's threshold)."""

SHORTEST = 1e-8
"""A vector no longer than this has no direction worth the name; it is taken to be at a right angle to the other."""

T = Param(
    "t",
    "How far to go from the first input (0) to the second (1), as a fraction of the arc.",
    required=True,
    usual=(0.0, 1.0),
)


def fixed(count: int, arguments: Arguments) -> Coefficients | None:
    """The ends of the arc need no look at the tensors."""
    t = arguments.number("t")
    return (1.0 - t, t) if t in (0.0, 1.0) else None


def measured(gram: Gram, arguments: Arguments) -> Coefficients:
    """Weights of the two tensors as they are, not normalised.

    With θ the angle between them: sin((1−t)θ)/sin θ and sin(tθ)/sin θ.
    Limits: |cos θ| > 0.9995, colinear or antiparallel, gives 1−t and t. A zero tensor counts as θ = π/2.
    Source: K. Shoemake, "Animating Rotation with Quaternion Curves", SIGGRAPH 1985, section 3.3.
    """
    t = arguments.number("t")
    cosine = 0.0 if min(gram.norm(0), gram.norm(1)) <= SHORTEST else gram.cosine(0, 1)
    if abs(cosine) > NEARLY_COLINEAR:
        return (1.0 - t, t)
    angle_rad = acos(cosine)
    return (sin((1.0 - t) * angle_rad) / sin(angle_rad), sin(t * angle_rad) / sin(angle_rad))


SLERP = Method(
    name="slerp",
    summary="Interpolate along the arc between two tensors, each taken as one vector.",
    pattern=Blend(fixed=fixed, measured=measured),
    inputs=Inputs(2, 2),
    params=(T,),
    base=Base.FIRST,
    idempotent=True,
    lone_input=True,
    shade="t",
    source='K. Shoemake, "Animating Rotation with Quaternion Curves", SIGGRAPH 1985',
)
