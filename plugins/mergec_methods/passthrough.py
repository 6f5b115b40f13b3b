"""One input, as it is or scaled."""

from __future__ import annotations

from mergec.api import Arguments, Blend, Coefficients, Inputs, Method, Param, Scope


def scale_of(count: int, arguments: Arguments) -> Coefficients:
    """The scale, 1 where none was given: then the tensor is copied byte for byte."""
    (scale,) = arguments.values("scale")
    return (1.0 if scale is None else float(scale),)


PASSTHROUGH = Method(
    name="passthrough",
    summary="Take one tensor as it is; with layer ranges, stack layers of several models.",
    pattern=Blend(fixed=scale_of),
    inputs=Inputs(1, 1),
    params=(Param("scale", "Multiply the tensor by this.", scope=Scope.PER_INPUT),),
    shade="scale",
    source="layer stacking",
)
