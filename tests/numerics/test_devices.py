"""The backend for devices: run on the CPU everywhere, and on a GPU where there is one."""

from __future__ import annotations

import struct
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from mergec.api import Block, Elementwise, Inputs, Measure, Method
from mergec.backends import TorchCpu, TorchDevice, has_cuda
from mergec.contract.backend import Backend
from mergec.diagnostics import CheckFailed, Report, Source
from mergec.driver import Request, build, compile_recipe
from mergec.execute import Listener, task
from mergec.execute.build import write_weights
from tests.support.merges import read_model, write_model
from tests.support.methods import ROW_SLERP, TASK_SLERP
from tests.support.numbers import Stored, store, ulp
from tests.support.plugins import with_methods

if TYPE_CHECKING:
    from torch import Tensor

SHAPES = {"matrix": (700, 900), "vector": (3001,), "scalar": (), "none": (0, 3)}

RULES = {
    "slerp": "slerp(a, b) { t = 0.37 }",
    "linear": "linear(a, b, c) { weight = 0.4 }",
    "deltas": "task_slerp(a, b, base = c) { t = 0.37 }",
    "rows": "row_slerp(a, b) { t = 0.37 }",
    "nested": "slerp(a, lerp(b, c) { t = 0.5 }) { t = 0.2 }",
    "cast": "passthrough(a) { scale = 0.5 }",
}

DEVICES = [
    "cpu",
    pytest.param("cuda", marks=pytest.mark.skipif(not has_cuda(), reason="there is no GPU that torch can use")),
]


def models(folder: Path, code: str) -> None:
    rng = np.random.default_rng(3)
    for name in "abc":
        write_model(folder / name, {n: store(rng.normal(0, 1, s), code) for n, s in SHAPES.items()})


def merged(folder: Path, rule: str, backend: Backend, block_elements: int, *more: Method) -> dict[str, Stored]:
    text = "".join(f'model {n} = "{n}"\n' for n in "abc") + f"merge m = {rule}\noutput m {{}}\n"
    request = Request(str(folder), workers=2, block_elements=block_elements)
    plugins = with_methods(TASK_SLERP, ROW_SLERP, *more)
    plan = compile_recipe(Source("r.merge", text), request, Report(), plugins).plan
    out = folder / "out"
    out.mkdir(exist_ok=True)
    for file in out.iterdir():
        file.unlink()
    write_weights(plan, str(out), backend, Listener(), False, {})
    return read_model(out)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("code", ["BF16", "F16", "F32"])
@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_device_agrees_with_the_cpu(tmp_path: Path, rule: str, code: str, device: str) -> None:
    models(tmp_path, code)
    wanted = merged(tmp_path, rule, TorchCpu(), 1 << 18)
    for block_elements in (1 << 16, 1 << 20):
        got = merged(tmp_path, rule, TorchDevice(device), block_elements)
        for name, tensor in wanted.items():
            assert (got[name].code, got[name].shape) == (tensor.code, tensor.shape)
            assert (np.abs(got[name].values - tensor.values) <= ulp(tensor.values, code) + 2.0**-20).all()


def test_values_that_are_not_finite_are_found_on_a_device(tmp_path: Path) -> None:
    models(tmp_path, "BF16")
    values = np.ones(SHAPES["matrix"])
    values[5, 5] = np.inf
    write_model(tmp_path / "a", {"matrix": store(values, "BF16")})
    for name in "bc":
        write_model(tmp_path / name, {"matrix": store(np.ones(SHAPES["matrix"]), "BF16")})
    with pytest.raises(Exception, match=r"1 value\(s\) that are not finite"):
        merged(tmp_path, RULES["slerp"], TorchDevice("cpu"), 1 << 18)


@pytest.mark.parametrize("device", DEVICES)
def test_whole_numbers_that_differ_are_found_on_a_device(tmp_path: Path, device: str) -> None:
    for name, last in (("a", 3), ("b", 4), ("c", 3)):
        write_model(tmp_path / name, {"ids": Stored("I64", (2,), struct.pack("<qq", 1, last))})
    with pytest.raises(CheckFailed, match="`ids` is not a float tensor and differs"):
        merged(tmp_path, RULES["linear"], TorchDevice(device), 1 << 18)


class Late:
    """Something that a device is still at work on, until the thread that asked for it has waited."""

    def __init__(self, asked: Asked) -> None:
        self.thread = threading.get_ident()
        self.ready = False
        asked.late.append(self)

    def look(self) -> None:
        """Use it, here."""
        assert self.ready or self.thread == threading.get_ident()


class Asked(TorchCpu):
    """The CPU, where what is measured is late."""

    def __init__(self) -> None:
        super().__init__()
        self.late: list[Late] = []

    def wait(self) -> None:
        for one in list(self.late):
            if one.thread == threading.get_ident():
                one.ready = True

    def measure(self) -> Measure:
        """One that is late, and looks at what it is given."""

        def made(*given: Late) -> Late:
            for one in given:
                one.look()
            return Late(self)

        return Measure(lambda block: made(*block.measured, *block.surveyed), made, lambda amount, block: made(amount))


@pytest.mark.parametrize("block_elements", [1 << 12, 1 << 18])
def test_what_threads_share_is_waited_for(tmp_path: Path, block_elements: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(task, "PIECE_ELEMENTS", 1 << 16)
    models(tmp_path, "BF16")
    backend = Asked()

    def apply(block: Block) -> Tensor:
        for one in (*block.measured, *block.surveyed):
            one.look()
        return block.inputs[0] + 0

    pattern = Elementwise(apply, (backend.measure(),) * 2, (backend.measure(),) * 2)
    late = Method("late", "", pattern, Inputs(1, 1))
    for _ in range(2):
        assert merged(tmp_path, "late(a)", backend, block_elements, late) == read_model(tmp_path / "a")
    assert all(one.ready for one in backend.late)


@pytest.mark.skipif(has_cuda(), reason="there is a GPU")
@pytest.mark.parametrize(("device", "notices"), [("cpu", 0), ("auto", 0), ("cuda", 1)])
def test_without_a_gpu_the_cpu_computes_and_says_so(tmp_path: Path, device: str, notices: int) -> None:
    models(tmp_path, "BF16")
    text = 'model a = "a"\nmodel b = "b"\nmerge m = slerp(a, b) { t = 0.3 }\n'
    program = compile_recipe(Source("r.merge", text), Request(str(tmp_path), device=device), Report())
    said: list[str] = []
    build(program, str(tmp_path / "out"), force=False, sync=False, progress=lambda _: None, notice=said.append)
    assert [("no GPU" in text) for text in said] == [True] * notices
    assert read_model(tmp_path / "out") == merged(tmp_path / ".", "slerp(a, b) { t = 0.3 }", TorchCpu(), 1 << 18)
