"""The merge methods that ship with mergec, provided through the same entry point as anyone's."""

from mergec.api import Method, hookimpl
from mergec_methods.geometric_median import GEOMETRIC_MEDIAN
from mergec_methods.karcher import KARCHER
from mergec_methods.linear import LERP, LINEAR
from mergec_methods.model_stock import MODEL_STOCK
from mergec_methods.multislerp import MULTISLERP
from mergec_methods.nuslerp import NUSLERP
from mergec_methods.passthrough import PASSTHROUGH
from mergec_methods.slerp import SLERP
from mergec_methods.task_arithmetic import EXPO, TASK_ARITHMETIC

BLENDS = (
    SLERP,
    LERP,
    LINEAR,
    PASSTHROUGH,
    NUSLERP,
    MULTISLERP,
    KARCHER,
    GEOMETRIC_MEDIAN,
    MODEL_STOCK,
    TASK_ARITHMETIC,
    EXPO,
)


@hookimpl
def mergec_methods() -> tuple[Method, ...]:
    """Every first-party method."""
    return BLENDS
