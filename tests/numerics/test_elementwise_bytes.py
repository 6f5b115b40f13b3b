"""The bytes of an elementwise method depend neither on workers nor on blocks, nor on the order of the inputs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mergec.driver import Request
from tests.support.merges import merge, write_model
from tests.support.numbers import Stored, store

SHAPES = {
    "large": (3, 250, 511),
    "rows": (500, 611),
    "vector": (70_001,),
    "small": (3, 3),
    "one": (1,),
    "scalar": (),
    "empty": (0, 4),
}

RULES = {
    "ties": "ties({ab}, base = c) {{ weight = 0.7  density = 0.4  rescale = true }}",
    "ties_global": "ties_global({ab}, base = c) {{ weight = 0.7  density = 0.4 }}",
    "dare_linear": "dare_linear({ab}, base = c) {{ weight = 0.7  density = 0.4 }}",
    "dare_ties": "dare_ties({ab}, base = c) {{ weight = 0.7  density = 0.4 }}",
    "della": "della({ab}, base = c) {{ weight = 0.7  density = 0.4 }}",
    "della_linear": "della_linear({ab}, base = c) {{ weight = 0.7  density = 0.4 }}",
    "breadcrumbs": "breadcrumbs({ab}, base = c) {{ weight = 0.7  density = 0.4  gamma = 0.05 }}",
    "breadcrumbs_ties": "breadcrumbs_ties({ab}, base = c) {{ weight = 0.7  density = 0.4 }}",
    "sce": "sce({ab}, base = c) {{ select_topk = 0.3 }}",
    "ram": "ram({ab}, base = c) {{ epsilon = 0.01 }}",
    "ramplus_tl": "ramplus_tl({ab}, base = c) {{ epsilon = 0.01 }}",
    "consensus": "consensus({ab}, base = c)",
    "pcb": "pcb({ab}, base = c) {{ weight = 0.7 }}",
    "nearswap": "nearswap(a, base = c) {{ t = 0.01 }}",
    "arcee_fusion": "arcee_fusion(c, a)",
    "lines": "lines(ties({ab}, base = c) {{ weight = 0.7  density = 0.4 }}) {{ scale = 0.3 }}",
}


def write_models(folder: Path, code: str) -> None:
    rng = np.random.default_rng(11)
    base = {name: rng.normal(0, 0.02, shape) for name, shape in SHAPES.items()}
    for model in "abc":
        drift = 0.0 if model == "c" else 0.005
        values = {n: np.asarray(v + drift * rng.normal(size=v.shape)) for n, v in base.items()}
        write_model(folder / model, {n: store(v, code) for n, v in values.items()})


def built(folder: Path, rule: str, request: Request, inputs: str = "a, b") -> dict[str, Stored]:
    heads = "".join(f'model {name} = "{name}"\n' for name in "abc")
    return merge(folder, f"{heads}merge m = {rule.format(ab=inputs)}\noutput m {{}}\n", request)


@pytest.mark.parametrize("code", ["BF16", "F32"])
@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_same_bytes(tmp_path: Path, rule: str, code: str) -> None:
    write_models(tmp_path, code)
    request = Request(workers=1)
    first = built(tmp_path, rule, request)
    for block in (1 << 12, 70_003):
        assert built(tmp_path, rule, replace(request, workers=2, block_elements=block)) == first, block
    assert {name: tensor.shape for name, tensor in first.items()} == SHAPES
    if "{ab}" in rule:
        assert built(tmp_path, rule, request, "b, a") == first
