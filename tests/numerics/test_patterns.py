"""Methods of every pattern, alone and nested, against numpy in float64; the same bytes whatever the cut."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from mergec.api import (
    Base,
    Block,
    Elementwise,
    Inputs,
    Measure,
    Method,
    Param,
    Rows,
    Scope,
    Whole,
)
from mergec.diagnostics import CheckFailed, Code, MachineFault, RecipeError
from mergec.driver import Request
from mergec.execute import build as building
from mergec.execute import task
from mergec.plan import Plan
from tests.support.merges import merge, write_model
from tests.support.methods import ROW_SLERP
from tests.support.numbers import Array, Stored, store, ulp
from tests.support.plugins import with_methods

if TYPE_CHECKING:
    from torch import Tensor

SHAPES = {
    "large": (11, 250, 211),
    "wide": (3, 90_001),
    "vector": (70_001,),
    "small": (3, 3),
    "scalar": (),
    "none": (0, 4),
}

LARGEST = Measure(take=lambda block: float(block.inputs[0].abs().max()), join=max)
ABOVE = Measure(
    take=lambda block: int((block.inputs[0].abs() * 2 > block.measured[0]).sum()),
    join=lambda one, other: one + other,
    settle=lambda count, block: count / max(1, int(np.prod(block.shape))),
)


def scaled(block: Block) -> Tensor:
    """The mean of the inputs, divided by the largest magnitude of the first, plus the share of large ones."""
    largest, share = block.measured
    return sum(block.inputs[1:], block.inputs[0]) / len(block.inputs) / largest + share


def centred(block: Block) -> Tensor:
    """The first input less the mean of each row of the second."""
    return block.inputs[0] - block.inputs[1].double().mean(-1, keepdim=True).to(block.inputs[0].dtype)


def masked(block: Block) -> Tensor:
    """The base and half of the deltas."""
    assert block.base is not None
    return block.base + block.delta(0) * block.keep(0, 0.5)


def reversed_whole(block: Block) -> Tensor:
    """The first input backwards, less the second."""
    return block.inputs[0].flip(tuple(range(block.inputs[0].dim()))) - block.inputs[1]


def relative(block: Block) -> Tensor:
    """The first input in units of the largest magnitude of all tensors."""
    return block.inputs[0] / block.surveyed[0]


METHODS = (
    Method("scaled", "", Elementwise(scaled, (LARGEST, ABOVE)), Inputs(1)),
    Method("centred", "", Rows(centred), Inputs(2, 2)),
    Method("masked", "", Elementwise(masked), Inputs(1, 1), base=Base.SEPARATE, random=True),
    Method("backwards", "", Whole(reversed_whole), Inputs(2, 2)),
    Method("relative", "", Elementwise(relative, surveys=(LARGEST,)), Inputs(1, 1)),
    ROW_SLERP,
)


def f_scaled(a: Array, b: Array) -> Array:
    largest = np.abs(a).max(initial=0)
    share = (np.abs(a) * 2 > largest).mean() if a.size else 0
    return (a + b) / 2 / (largest or 1) + share


def f_centred(a: Array, b: Array) -> Array:
    return a - (b.mean(-1, keepdims=True) if b.ndim else b)


def f_backwards(a: Array, b: Array) -> Array:
    return np.flip(a) - b


def models(code: str) -> dict[str, dict[str, Stored]]:
    rng = np.random.default_rng(7)
    return {m: {n: store(rng.normal(0, 1, s), code) for n, s in SHAPES.items()} for m in "abc"}


def run(folder: Path, rule: str, request: Request | None = None, *more: Method) -> dict[str, Stored]:
    heads = "".join(f'model {name} = "{name}"\n' for name in "abc")
    plugins = with_methods(*METHODS, *more)
    return merge(folder, f"{heads}merge m = {rule}\noutput m {{}}\n", request or Request(workers=2), plugins)


@pytest.mark.parametrize("code", ["BF16", "F32"])
@pytest.mark.parametrize(
    ("rule", "reference"), [("scaled(a, b)", f_scaled), ("centred(a, b)", f_centred), ("backwards(a, b)", f_backwards)]
)
def test_against_float64(tmp_path: Path, rule: str, reference: Callable[[Array, Array], Array], code: str) -> None:
    made = models(code)
    for name, tensors in made.items():
        write_model(tmp_path / name, tensors)
    for name, got in run(tmp_path, rule).items():
        wanted = reference(made["a"][name].values, made["b"][name].values)
        assert got.shape == SHAPES[name]
        assert (np.abs(got.values - wanted) <= 0.5 * ulp(wanted, code) + 2.0**-20 * (1 + np.abs(wanted))).all(), name


RULES = {
    "measures": "scaled(a, b, c)",
    "rows": "centred(a, b)",
    "random": "masked(a, base = b)",
    "whole": "backwards(a, b)",
    "survey": "relative(a)",
    "nested": "slerp(scaled(a, b), centred(b, c)) { t = 0.3 }",
    "whole in a nest": "slerp(a, backwards(lerp(a, b) { t = 0.5 }, c)) { t = 0.3 }",
    "survey of a nest": "relative(slerp(a, b) { t = 0.3 })",
    "nest of nests": "scaled(slerp(a, b) { t = 0.3 }, row_slerp(b, slerp(a, c) { t = 0.5 }) { t = 0.1 })",
}


def shuffled(plan: Plan) -> Sequence[int]:
    places = list(range(len(plan.places)))
    random.Random(5).shuffle(places)
    return places


@pytest.mark.parametrize("code", ["BF16", "F32"])
@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_same_bytes(tmp_path: Path, rule: str, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, tensors in models(code).items():
        write_model(tmp_path / name, tensors)
    first = run(tmp_path, rule)
    assert any(np.abs(t.values).sum() > 0 for t in first.values())
    for workers, block, memory in ((1, 1 << 12, None), (2, 70_003, None), (8, 1 << 23, None), (3, 1 << 18, 96 << 20)):
        request = Request(workers=workers, block_elements=block, memory_bytes=memory)
        assert run(tmp_path, rule, request) == first, (workers, block, memory)
    monkeypatch.setattr(building, "largest_first", shuffled)
    monkeypatch.setattr(task, "PIECE_ELEMENTS", 1 << 18)
    assert run(tmp_path, rule, Request(workers=2, block_elements=1 << 16)) == first


def test_a_nest_is_rounded_once(tmp_path: Path) -> None:
    made = models("BF16")
    for name, tensors in made.items():
        write_model(tmp_path / name, tensors)
    got = run(tmp_path, "linear(lerp(a, b) { t = 0.3 }, c) { weight = 0.5 }")
    for name in SHAPES:
        a, b, c = (made[m][name].values for m in "abc")
        wanted = 0.5 * (0.7 * a + 0.3 * b) + 0.5 * c
        assert (np.abs(got[name].values - wanted) <= 0.5 * ulp(wanted, "BF16") + 2.0**-22 * (1 + np.abs(wanted))).all()


def test_random_numbers_depend_on_their_own_tensor_only(tmp_path: Path) -> None:
    made = models("BF16")
    for name, tensors in made.items():
        write_model(tmp_path / name, tensors)
    all_of_them = run(tmp_path, "masked(a, base = b)")
    for name, tensors in made.items():
        write_model(tmp_path / name, {"large": tensors["large"]})
    assert run(tmp_path, "masked(a, base = b)")["large"] == all_of_them["large"]
    assert run(tmp_path, "masked(a, base = b)", Request(workers=1, seed=1))["large"] != all_of_them["large"]
    kept = (all_of_them["large"].values != made["b"]["large"].values).mean()
    assert abs(kept - 0.5) < 0.01


def changes_input(block: Block) -> Tensor:
    return block.inputs[0].mul_(2)


def exits(block: Block) -> Tensor:
    raise SystemExit(3)


BROKEN = {
    "mutation": (Elementwise(changes_input), "it changed one of its inputs"),
    "shape": (Elementwise(lambda block: block.inputs[0][:1]), r"a tensor of shape \[1\] for inputs of"),
    "no tensor": (Elementwise(lambda block: 3), "it gave int, not a tensor"),
    "whole numbers": (Elementwise(lambda block: block.inputs[0].long()), "not floating point"),
    "exit": (Elementwise(exits), r"it asked the program to exit \(3\)"),
    "exception": (Whole(lambda block: block.inputs[5]), "tuple index out of range"),
    "measure": (Elementwise(lambda block: block.inputs[0], (Measure(lambda block: 1 / 0, max),)), "division by zero"),
    "join": (
        Elementwise(lambda block: block.inputs[0], (Measure(lambda block: 1, lambda one, other: 1 / 0),)),
        "division by zero",
    ),
    "survey": (Elementwise(lambda block: block.inputs[0], surveys=(Measure(exits, max),)), "to exit"),
    "rows": (Rows(lambda block: block.inputs[0].view(-1)), "of shape"),
}


@pytest.mark.parametrize(("pattern", "said"), BROKEN.values(), ids=BROKEN)
def test_a_broken_method_is_contained_and_named(tmp_path: Path, pattern: Elementwise | Rows | Whole, said: str) -> None:
    for name, tensors in models("BF16").items():
        write_model(tmp_path / name, {"large": tensors["large"], "wide": tensors["wide"]})
    with pytest.raises(CheckFailed, match=rf"`broken` failed on `(large|wide)`: .*{said}") as caught:
        run(tmp_path, "broken(a)", None, Method("broken", "", pattern, Inputs(1)))
    assert caught.value.help is not None
    assert "tests" in caught.value.help
    assert not (tmp_path / "out").exists()


def test_a_method_that_makes_or_hides_nan(tmp_path: Path) -> None:
    made = models("BF16")
    for name, tensors in made.items():
        write_model(tmp_path / name, tensors)
    makes = Method("makes", "", Elementwise(lambda block: block.inputs[0] / 0), Inputs(1))
    with pytest.raises(CheckFailed, match="not finite numbers") as caught:
        run(tmp_path, "makes(a)", None, makes)
    assert "`makes`" in (caught.value.help or "")
    values = made["a"]["large"].values.copy()
    values[3, 7, 9] = np.nan
    write_model(tmp_path / "a", made["a"] | {"large": store(values, "BF16")})
    hides = Method("hides", "", Elementwise(lambda block: block.inputs[0].nan_to_num()), Inputs(1))
    with pytest.raises(CheckFailed, match=r"the inputs of `large` hold 1 value\(s\)"):
        run(tmp_path, "hides(a)", None, hides)


def test_a_whole_tensor_beyond_the_budget_is_refused_before_work(tmp_path: Path) -> None:
    for name, tensors in models("BF16").items():
        write_model(tmp_path / name, tensors)
    with pytest.raises(RecipeError) as caught:
        run(tmp_path, "backwards(a, b)", Request(workers=1, memory_bytes=6 << 20))
    (found,) = (d for d in caught.value.diagnostics if d.code is Code.TOO_LITTLE_MEMORY)
    assert "`large` is made whole" in " ".join(found.notes)
    assert "--memory" in (found.help or "")


PARAM = Param("weight", "", scope=Scope.PER_INPUT, required=True)


def weighted_sum(block: Block) -> Tensor:
    weights = block.arguments.numbers("weight")
    return sum((w * x for w, x in zip(weights, block.inputs, strict=True)), 0 * block.inputs[0])


def test_symmetric_methods_know_no_order(tmp_path: Path) -> None:
    for name, tensors in models("BF16").items():
        write_model(tmp_path / name, tensors)
    method = Method("total", "", Elementwise(weighted_sum), Inputs(2), (PARAM,), symmetric=True)
    rules = "{ a.weight = 0.1  b.weight = 0.77  c.weight = 0.3 }"
    one = run(tmp_path, f"total(a, b, c) {rules}", None, method)
    assert run(tmp_path, f"total(c, a, b) {rules}", None, method) == one
    linear = run(tmp_path, f"linear(a, b, c) {rules}")
    assert run(tmp_path, f"linear(b, c, a) {rules}") == linear


def runs_out(block: Block) -> Tensor:
    raise MemoryError


def asks_too_much(block: Block) -> Tensor:
    return block.inputs[0].new_empty(1 << 50)


@pytest.mark.parametrize("apply", [runs_out, asks_too_much])
def test_a_machine_without_memory_is_not_the_methods_fault(apply: Callable[[Block], Tensor], tmp_path: Path) -> None:
    for name, tensors in models("BF16").items():
        write_model(tmp_path / name, tensors)
    with pytest.raises(MachineFault, match="no memory left for `greedy`"):
        run(tmp_path, "greedy(a)", None, Method("greedy", "", Elementwise(apply), Inputs(1)))
