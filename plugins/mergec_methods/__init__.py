"""The merge methods that ship with mergec, provided through the same entry point as anyone's."""

from mergec.api import Method, hookimpl
from mergec_methods.arcee_fusion import ARCEE_FUSION
from mergec_methods.breadcrumbs import BREADCRUMBS, BREADCRUMBS_TIES
from mergec_methods.cart import AVERAGE, CART
from mergec_methods.consensus import CONSENSUS
from mergec_methods.dare import DARE_LINEAR, DARE_TIES
from mergec_methods.della import DELLA, DELLA_LINEAR
from mergec_methods.geometric_median import GEOMETRIC_MEDIAN
from mergec_methods.isotropic import ISO_C, ISO_CTS
from mergec_methods.karcher import KARCHER
from mergec_methods.linear import LERP, LINEAR
from mergec_methods.lines import LINES
from mergec_methods.model_stock import MODEL_STOCK
from mergec_methods.multislerp import MULTISLERP
from mergec_methods.nearswap import NEARSWAP
from mergec_methods.nuslerp import NUSLERP
from mergec_methods.passthrough import PASSTHROUGH
from mergec_methods.pcb import PCB
from mergec_methods.ram import RAM, RAMPLUS_TL
from mergec_methods.sce import SCE
from mergec_methods.slerp import SLERP
from mergec_methods.spectral import AS_MERGED, AVERAGE_DELTAS
from mergec_methods.subspace_boosting import SUBSPACE_BOOSTING
from mergec_methods.svc import SVC
from mergec_methods.task_arithmetic import EXPO, TASK_ARITHMETIC
from mergec_methods.ties import TIES
from mergec_methods.ties_global import TIES_GLOBAL
from mergec_methods.tsv import TSV
from mergec_methods.wudi import WUDI

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

SPECTRAL = (TSV, ISO_C, ISO_CTS, WUDI, CART, SVC, SUBSPACE_BOOSTING, AVERAGE_DELTAS, AVERAGE, AS_MERGED)

ELEMENTWISE = (
    TIES,
    DARE_LINEAR,
    DARE_TIES,
    BREADCRUMBS,
    BREADCRUMBS_TIES,
    DELLA,
    DELLA_LINEAR,
    SCE,
    RAM,
    RAMPLUS_TL,
    NEARSWAP,
    ARCEE_FUSION,
    TIES_GLOBAL,
    CONSENSUS,
    PCB,
    LINES,
)


@hookimpl
def mergec_methods() -> tuple[Method, ...]:
    """Every first-party method."""
    return (*BLENDS, *ELEMENTWISE, *SPECTRAL)
