"""LiNeS: scale the delta of a merge, or of a fine-tune, with depth."""

from __future__ import annotations

from mergec.api import Arguments, Base, Blend, Coefficients, Inputs, Method, Param


def scaled(count: int, arguments: Arguments) -> Coefficients:
    """The scale for the merged delta; the models that went into it are not read again."""
    return (arguments.number("scale"), *(0.0,) * (count - 1))


LINES = Method(
    name="lines",
    summary="Scale the delta of another merge, as a rule more in deep layers than in shallow ones.",
    pattern=Blend(fixed=scaled, of_deltas=True),
    inputs=Inputs(1),
    params=(
        Param(
            "scale",
            "Factor of the merged delta; in the paper α + β · depth.",
            required=True,
            usual=(0.0, 2.0),
        ),
    ),
    base=Base.SEPARATE,
    wraps=True,
    shade="scale",
    source='Wang et al., "LiNeS", ICLR 2025, arXiv 2410.17146',
)
