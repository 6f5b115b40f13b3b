"""The bytes of a result depend neither on workers nor on blocks nor on pieces."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mergec.driver import Request
from mergec.execute import shares, task
from mergec.execute.crew import Crew
from mergec.plan import GRANULE_ELEMENTS
from tests.support.merges import merge, write_model
from tests.support.methods import ROW_SLERP, TASK, TASK_SLERP
from tests.support.numbers import Stored, store
from tests.support.plugins import with_methods

SHAPES = {
    "large": (11, 250, 211),
    "rows": (500, 611),
    "vector": (70_001,),
    "small": (3, 3),
    "scalar": (),
    "empty": (0, 4),
}

PIECE = 2 * GRANULE_ELEMENTS
"""So that the largest tensor has three pieces, the last one uneven."""

BLOCKS = {"4 Ki": 1 << 12, "granule": GRANULE_ELEMENTS, "300 000": 300_000, "odd": 70_003, "all": 1 << 23}

RULES = {
    "slerp": "slerp(a, b) { t = 0.37 }",
    "lerp": "lerp(a, b) { t = 0.37 }",
    "linear": "linear(a, b, a) { weight = 1.1 }",
    "scale": "passthrough(a) { scale = 0.3 }",
    "copy": "passthrough(b)",
    "task": "task(a, b, base = c) { weight = 0.7 }",
    "task_slerp": "task_slerp(a, b, base = c) { t = 0.37 }",
    "row_slerp": "row_slerp(a, b) { t = 0.37 }",
}


def models(a: str, b: str) -> dict[str, dict[str, Stored]]:
    rng = np.random.default_rng(11)
    return {
        model: {name: store(rng.normal(0, 0.02, shape), code) for name, shape in SHAPES.items()}
        for model, code in (("a", a), ("b", b), ("c", a))
    }


@pytest.fixture
def result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., bytes]:
    plugins = with_methods(TASK, TASK_SLERP, ROW_SLERP)

    def build(
        rule: str, out: str, workers: int, block_elements: int, piece: int = PIECE, processes: bool = False
    ) -> bytes:
        monkeypatch.setattr(task, "PIECE_ELEMENTS", piece)
        heads = "".join(f'model {name} = "{name}"\n' for name in "abc")
        text = f"{heads}merge m = {rule}\noutput m {{ dtype = {out} }}\n"
        merge(tmp_path, text, Request(workers=workers, block_elements=block_elements), plugins, processes=processes)
        return (tmp_path / "out" / "model.safetensors").read_bytes()

    return build


@pytest.mark.parametrize(("codes", "out"), [(("BF16", "F16"), "bfloat16"), (("F32", "BF16"), "float32")])
@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_same_bytes(tmp_path: Path, result: Callable[..., bytes], rule: str, codes: tuple[str, str], out: str) -> None:
    for name, tensors in models(*codes).items():
        write_model(tmp_path / name, tensors)
    first = result(rule, out, 1, 1 << 18, piece=1 << 22)
    for name, block_elements in BLOCKS.items():
        assert result(rule, out, 2, block_elements) == first, name
    assert result(rule, out, 1, 1 << 18) == first
    assert result(rule, out, 8, 1 << 12) == first
    assert result(rule, out, 8, 1 << 18) == first


@pytest.mark.skipif(not Crew.can_work(), reason="processes cannot be forked here")
@pytest.mark.parametrize(
    "rule",
    [
        *RULES.values(),
        "ties(a, b, base = c) { weight = 0.6  density = 0.4 }",
        "ties_global(a, b, base = c) { weight = 0.6  density = 0.4 }",
    ],
    ids=[*RULES, "ties", "survey"],
)
def test_same_bytes_from_processes(
    tmp_path: Path, result: Callable[..., bytes], rule: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, tensors in models("BF16", "BF16").items():
        write_model(tmp_path / name, tensors)
    first = result(rule, "bfloat16", 2, 1 << 18)
    crews: list[int] = []
    run = Crew.run
    monkeypatch.setattr(Crew, "run", lambda crew, given: (crews.append(len(given)), run(crew, given)))
    monkeypatch.setattr(shares, "LEAST_ELEMENTS", 1)
    monkeypatch.setattr(shares, "SHARE_ELEMENTS", 1)
    for workers in (2, 5):
        assert result(rule, "bfloat16", workers, 1 << 18, processes=True) == first
    assert crews == ([] if rule == RULES["copy"] else [4, 4])  # two are so large that threads divide them
