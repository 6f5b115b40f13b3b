"""A blend: the result is a weighted sum of the inputs, and the weights follow from numbers.

mergec streams the tensors. The author sees the parameters and the inner products, never a tensor.
"""

from __future__ import annotations

from mergec.api import Arguments, Base, Blend, Coefficients, Gram, Inputs, Method, Param


def fixed(count: int, arguments: Arguments) -> Coefficients | None:
    """The weights where no look at the tensors is needed: at the ends, which mergec copies. None where it is."""
    t = arguments.number("t")
    return (1.0 - t, t) if t in (0.0, 1.0) else None


def measured(gram: Gram, arguments: Arguments) -> Coefficients:
    """The weights of the chord, stretched to the length between those of the inputs."""
    t = arguments.number("t")
    (aa, ab), (_, bb) = gram.products
    chord = ((1.0 - t) ** 2 * aa + 2.0 * t * (1.0 - t) * ab + t**2 * bb) ** 0.5
    stretch = ((1.0 - t) * gram.norm(0) + t * gram.norm(1)) / chord if chord > 0.0 else 1.0
    return ((1.0 - t) * stretch, t * stretch)


NLERP = Method(
    name="nlerp",
    summary="Interpolate along the chord, keep the length.",
    pattern=Blend(fixed=fixed, measured=measured),
    inputs=Inputs(2, 2),
    params=(Param("t", "How far to go from the first input to the second.", required=True, low=0.0, high=1.0),),
    base=Base.FIRST,
    idempotent=True,
    shade="t",
    source="normalized linear interpolation of quaternions",
)
