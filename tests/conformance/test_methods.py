"""Every first-party method keeps to the contract: `MethodSuite`, as the author of any plugin uses it."""

# ruff: noqa: RUF012  # the parameters of a suite are stated once and never changed

from __future__ import annotations

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

from mergec.diagnostics import Report
from mergec.hooks import load_plugins
from mergec.testing.suite import MethodSuite
from tests.support import method_references as references

WEIGHTS = (0.3, 0.9, 0.5)
DISTINCT = ("F32", "F64")
"""Types in which hardly two changes are of one size, so that it is clear which are the largest."""


class FirstParty(MethodSuite):
    provider = "mergec"


class Spectral(FirstParty):
    large = (5, 400)
    tolerance = 1e-4
    fine_tolerance = 1e-7


def test_every_method_is_tried() -> None:
    waiting, tried = [FirstParty], set()
    while waiting:
        suites = waiting.pop().__subclasses__()
        tried |= {suite.method.name for suite in suites if "method" in vars(suite)}
        waiting += suites
    assert {n for n, p in load_plugins(Report()).methods.items() if p.provider.distribution == "mergec"} == tried


class TestSlerp(FirstParty):
    method = SLERP
    parameters = {"t": 0.3}
    reference = references.slerp


class TestLerp(FirstParty):
    method = LERP
    parameters = {"t": 0.3}
    reference = references.lerp


class TestLinear(FirstParty):
    method = LINEAR
    parameters = {"weight": WEIGHTS}
    reference = references.linear


class TestPassthrough(FirstParty):
    method = PASSTHROUGH
    parameters = {"scale": 0.7}
    reference = references.passthrough


class TestNuslerp(FirstParty):
    method = NUSLERP
    parameters = {"weight": WEIGHTS}
    reference = references.nuslerp


class TestNuslerpByRows(TestNuslerp):
    parameters = {"weight": WEIGHTS, "nuslerp_flatten": False}


class TestNuslerpByColumns(TestNuslerp):
    parameters = {"weight": WEIGHTS, "nuslerp_flatten": False, "nuslerp_row_wise": True}
    large = (70_001, 5)


class TestMultislerp(FirstParty):
    method = MULTISLERP
    parameters = {"weight": WEIGHTS}
    reference = references.multislerp


class TestKarcher(FirstParty):
    method = KARCHER
    parameters = {"max_iter": 100, "tol": 1e-13}
    reference = references.karcher


class TestGeometricMedian(FirstParty):
    method = GEOMETRIC_MEDIAN
    parameters = {"weight": (0.8, 0.9, 1.0), "max_iter": 3000, "tol": 1e-14}
    reference = references.geometric_median


class TestModelStock(FirstParty):
    method = MODEL_STOCK
    reference = references.model_stock


class TestModelStockByRows(TestModelStock):
    parameters = {"filter_wise": True}


class TestTaskArithmetic(FirstParty):
    method = TASK_ARITHMETIC
    parameters = {"weight": WEIGHTS, "lambda": 0.8}
    reference = references.thinned(references.everything, agree=False)


class TestExpo(FirstParty):
    method = EXPO
    parameters = {"alpha": 0.4}
    reference = references.expo


class TestTies(FirstParty):
    method = TIES
    parameters = {"weight": WEIGHTS, "density": (0.5, 0.2, 1.0), "rescale": True}
    reference = references.thinned(references.trim, agree=True)
    compared = DISTINCT
    jumps = 1e-4


class TestBreadcrumbs(FirstParty):
    method = BREADCRUMBS
    parameters = {"weight": WEIGHTS, "density": (0.5, 0.2, 1.0), "gamma": 0.1}
    reference = references.thinned(references.middle, agree=False)
    compared = DISTINCT


class TestBreadcrumbsTies(FirstParty):
    method = BREADCRUMBS_TIES
    parameters = {"weight": WEIGHTS, "density": (0.5, 0.2, 1.0), "gamma": 0.1}
    reference = references.thinned(references.middle, agree=True)
    compared = DISTINCT
    jumps = 1e-4


class TestDareLinear(FirstParty):
    method = DARE_LINEAR
    parameters = {"weight": WEIGHTS, "density": 0.5}


class TestDareTies(FirstParty):
    method = DARE_TIES
    parameters = {"weight": WEIGHTS, "density": 0.5}
    jumps = 1e-4


class TestDella(FirstParty):
    method = DELLA
    parameters = {"weight": WEIGHTS, "density": 0.5, "epsilon": 0.2}
    jumps = 1e-4


class TestDellaLinear(FirstParty):
    method = DELLA_LINEAR
    parameters = {"weight": WEIGHTS, "density": 0.5, "epsilon": 0.2}


class TestSce(FirstParty):
    method = SCE
    parameters = {"select_topk": 0.5}
    reference = references.sce
    compared = DISTINCT
    jumps = 1e-4


class TestRam(FirstParty):
    method = RAM
    parameters = {"epsilon": 0.1}
    reference = references.ram


class TestRamplusTl(FirstParty):
    method = RAMPLUS_TL
    parameters = {"epsilon": 0.1}
    reference = references.ramplus_tl


class TestNearswap(FirstParty):
    method = NEARSWAP
    parameters = {"t": 0.1}
    reference = references.nearswap


class TestArceeFusion(FirstParty):
    method = ARCEE_FUSION
    reference = references.arcee_fusion


class TestTiesGlobal(FirstParty):
    method = TIES_GLOBAL
    parameters = {"weight": WEIGHTS, "density": (0.5, 0.2, 1.0)}
    jumps = 1e-4


class TestConsensus(FirstParty):
    method = CONSENSUS
    parameters = {"weight": WEIGHTS, "threshold": 0.3}
    reference = references.consensus
    compared = DISTINCT
    jumps = 1e-4


class TestPcb(FirstParty):
    method = PCB
    parameters = {"weight": WEIGHTS, "density": (0.5, 0.2, 1.0)}
    reference = references.pcb
    compared = DISTINCT


class TestLines(FirstParty):
    method = LINES
    parameters = {"scale": 0.7}
    reference = references.lines


class TestTsv(Spectral):
    method = TSV
    parameters = {"scaling": 0.7}
    reference = references.tsv


class TestIsoC(Spectral):
    method = ISO_C
    reference = references.iso_c


class TestIsoCts(Spectral):
    method = ISO_CTS
    parameters = {"common": 0.5}
    reference = references.iso_cts


class TestWudi(Spectral):
    method = WUDI
    fine_tolerance = 1e-4  # three deltas of 7 rows and 20 columns leave hardly anything for the weakest direction
    reference = references.wudi


class TestCart(Spectral):
    method = CART
    parameters = {"rank": 0.3}
    reference = references.cart


class TestSvc(Spectral):
    method = SVC
    reference = references.svc


class TestSubspaceBoosting(Spectral):
    method = SUBSPACE_BOOSTING
    parameters = {"beta": 0.4}
    reference = references.subspace_boosting


class TestAverageDeltas(FirstParty):
    method = AVERAGE_DELTAS
    parameters = {"scaling": 0.7}
    reference = references.average_deltas


class TestAverage(FirstParty):
    method = AVERAGE
    reference = references.average


class TestAsMerged(FirstParty):
    method = AS_MERGED
    reference = references.as_merged
