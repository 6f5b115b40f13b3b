"""The merge methods that ship with mergec, provided through the same entry point as anyone's."""

from mergec.api import Method, hookimpl
from mergec_methods.linear import LERP, LINEAR
from mergec_methods.passthrough import PASSTHROUGH
from mergec_methods.slerp import SLERP


@hookimpl
def mergec_methods() -> tuple[Method, ...]:
    """Every first-party method."""
    return (SLERP, LERP, LINEAR, PASSTHROUGH)
