"""What a method may give back, and what may stand in a nest, without a wrong bit in the result."""

from __future__ import annotations

import weakref
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from mergec.api import Arguments, Base, Blend, Block, Elementwise, Inputs, Measure, Method, Rows, Situation, Whole
from mergec.diagnostics import CheckFailed
from mergec.driver import Request
from tests.support.merges import merge, write_model
from tests.support.methods import ROW_SLERP
from tests.support.numbers import Array, Stored, store
from tests.support.plugins import with_methods

if TYPE_CHECKING:
    from torch import Tensor

SHAPES = {"large": (700, 500), "small": (3, 5)}
AT_ONCE, IN_PASSES = Request(workers=1), Request(workers=2, block_elements=1 << 12)


@pytest.fixture
def made(tmp_path: Path) -> dict[str, dict[str, Stored]]:
    rng = np.random.default_rng(11)
    made = {m: {n: store(rng.normal(0, 1, s), "BF16") for n, s in SHAPES.items()} for m in "abc"}
    for name, tensors in made.items():
        write_model(tmp_path / name, tensors)
    return made


def run(folder: Path, rule: str, request: Request, *methods: Method) -> dict[str, Stored]:
    heads = "".join(f'model {name} = "{name}"\n' for name in "abc")
    return merge(folder, f"{heads}merge m = {rule}\noutput m {{}}\n", request, with_methods(*methods))


def near(got: Stored, wanted: Array) -> bool:
    return bool((np.abs(got.values - wanted) <= 2.0**-7 * (1 + np.abs(wanted))).all())


def without_history(block: Block) -> Tensor:
    with torch.inference_mode():
        return block.inputs[0] * 1


SAME = {
    "itself": Elementwise(lambda block: block.inputs[0]),
    "a view": Rows(lambda block: block.inputs[0].view(-1).view(block.inputs[0].shape)),
    "of no autograd": Elementwise(without_history),
    "whole": Whole(lambda block: block.inputs[0]),
}


@pytest.mark.parametrize("request_", [AT_ONCE, IN_PASSES], ids=["at once", "in passes"])
@pytest.mark.parametrize("pattern", SAME.values(), ids=SAME)
def test_a_result_may_be_the_input(
    tmp_path: Path, made: dict[str, dict[str, Stored]], pattern: Elementwise | Rows | Whole, request_: Request
) -> None:
    same = Method("same", "", pattern, Inputs(1, 1))
    got = run(tmp_path, "linear(same(same(a)), b, c) { weight = 1  normalize = false }", request_, same)
    for name in SHAPES:
        assert near(got[name], made["a"][name].values + made["b"][name].values + made["c"][name].values), name


@pytest.mark.parametrize("request_", [AT_ONCE, IN_PASSES], ids=["at once", "in passes"])
def test_a_measure_may_give_a_view(tmp_path: Path, made: dict[str, dict[str, Stored]], request_: Request) -> None:
    first = Measure(take=lambda block: block.inputs[0][0], join=lambda one, other: one)
    method = Method("from_first", "", Elementwise(lambda b: b.inputs[0] - b.measured[0], (first,)), Inputs(1))
    got = run(tmp_path, "from_first(a)", request_, method)
    for name in SHAPES:
        a = made["a"][name].values
        assert near(got[name], a - a.flat[0]), name


def test_rows_in_a_measured_sum(tmp_path: Path, made: dict[str, dict[str, Stored]]) -> None:
    got = run(tmp_path, "slerp(row_slerp(a, b) { t = 0.25 }, c) { t = 0.5 }", AT_ONCE, ROW_SLERP)
    assert run(tmp_path, "slerp(row_slerp(a, b) { t = 0.25 }, c) { t = 0.5 }", IN_PASSES, ROW_SLERP) == got
    assert all(np.isfinite(t.values).all() for t in got.values())


def test_methods_in_nests_are_given_one_type(tmp_path: Path, made: dict[str, dict[str, Stored]]) -> None:
    seen: set[torch.dtype] = set()

    def types(block: Block) -> Tensor:
        seen.update(x.dtype for x in block.inputs)
        return block.inputs[0] + 0

    run(
        tmp_path,
        "types(row_slerp(a, b) { t = 0.25 }, c)",
        AT_ONCE,
        ROW_SLERP,
        Method("types", "", Elementwise(types), Inputs(1)),
    )
    assert seen == {torch.float32}


def test_what_is_kept_of_an_input_is_kept_of_its_block(tmp_path: Path, made: dict[str, dict[str, Stored]]) -> None:
    twice = Elementwise(lambda block: block.once("twice", 0, lambda: block.inputs[0] * 2))
    got = run(tmp_path, "twice(a)", IN_PASSES, Method("twice", "", twice, Inputs(1, 1)))
    for name in SHAPES:
        assert near(got[name], 2 * made["a"][name].values), name


def test_a_survey_that_cannot_be_joined_is_contained(tmp_path: Path, made: dict[str, dict[str, Stored]]) -> None:
    for name in "abc":
        write_model(tmp_path / name, dict.fromkeys(("small", "other"), made[name]["small"]))
    survey = Measure(lambda block: 1, lambda one, other: 1 / 0)
    method = Method("broken", "", Elementwise(lambda block: block.inputs[0], surveys=(survey,)), Inputs(1))
    with pytest.raises(CheckFailed, match=r"`broken` failed on `(other|small)`: division by zero"):
        run(tmp_path, "broken(a)", AT_ONCE, method)


COUNT = Measure(lambda block: block.inputs[0].numel(), lambda one, other: one + other)
PLAIN = Blend(fixed=lambda count, arguments: (1.0,) * count)
SURVEYED = Elementwise(lambda block: block.inputs[0] * 0 + block.surveyed[0], surveys=(COUNT,))


@pytest.mark.parametrize("pattern", [PLAIN, SURVEYED, Elementwise(lambda block: block.inputs[0])])
@pytest.mark.parametrize("others", [PLAIN, Elementwise(lambda block: block.inputs[0]), Whole(lambda b: b.inputs[0])])
def test_a_survey_is_of_the_tensors_that_ask_for_it(
    tmp_path: Path,
    made: dict[str, dict[str, Stored]],
    pattern: Elementwise | Blend,
    others: Elementwise | Blend | Whole,
) -> None:
    def choose(situation: Situation) -> Elementwise | Blend | Whole:
        return SURVEYED if situation.shape == SHAPES["small"] else others

    got = run(tmp_path, "counted(a)", AT_ONCE, Method("counted", "", pattern, Inputs(1, 1), choose=choose))
    assert (got["small"].values == 15).all()
    assert near(got["large"], made["a"]["large"].values)


def test_rows_of_inputs_leave_the_base_alone(tmp_path: Path, made: dict[str, dict[str, Stored]]) -> None:
    def mean(grams: Tensor, arguments: Arguments) -> Tensor:
        return torch.full(grams.shape[:2], 1 / grams.shape[1], dtype=torch.float64)

    rows = Blend(fixed=lambda count, arguments: None, measured_rows=mean)
    method = Method("row_mean", "", rows, Inputs(2), base=Base.SEPARATE)
    got = run(tmp_path, "row_mean(a, b, base = c)", AT_ONCE, method)
    for name in SHAPES:
        assert near(got[name], (made["a"][name].values + made["b"][name].values) / 2), name


@pytest.mark.parametrize("outer", [Elementwise(lambda block: block.inputs[0] + 0), SURVEYED])
def test_whole_tensors_are_let_go_one_by_one(
    tmp_path: Path, made: dict[str, dict[str, Stored]], outer: Elementwise
) -> None:
    write_model(tmp_path / "a", dict.fromkeys("pqrstu", made["a"]["small"]))
    results: list[weakref.ref[Array]] = []
    alive: list[int] = []

    def tracked(block: Block) -> Tensor:
        alive.append(sum(r() is not None for r in results))
        values = block.inputs[0].numpy().copy()
        results.append(weakref.ref(values))
        return torch.from_numpy(values)

    methods = Method("tracked", "", Whole(tracked), Inputs(1, 1)), Method("outer", "", outer, Inputs(1, 1))
    run(tmp_path, "outer(tracked(a))", AT_ONCE, *methods)
    assert len(alive) == 6 * (1 + len(outer.surveys))
    assert max(alive) <= 1
