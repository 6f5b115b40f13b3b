"""Every check of `MethodSuite` finds the method that it is there for, and leaves a good one alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from mergec_methods.linear import LINEAR

from mergec.api import Arguments, Base, Blend, Block, Elementwise, Inputs, Method, Param, ParamKind, Suits, Whole
from mergec.diagnostics import CheckFailed
from mergec.testing import MethodSuite
from mergec.testing.bench import Bench, make_models
from mergec.testing.suite import wrong_values

if TYPE_CHECKING:
    from torch import Tensor

    from mergec.testing.tensors import Array

SHAPES = {"mlp.up_proj.weight": (9, 11), "input_layernorm.weight": (7,)}
LARGE = (3, 30_011)


def run(check: str, method: Method, folder: Path, **settings: Any) -> None:
    """One check of a suite for a method."""
    suite = type("Suite", (MethodSuite,), {"method": method, "shapes": SHAPES, "large": LARGE, **settings})
    found: Callable[..., None] = getattr(suite(), f"test_{check}")
    wanted: dict[str, Any] = {"bench": None, "monkeypatch": pytest.MonkeyPatch()}
    names = found.__code__.co_varnames[1 : found.__code__.co_argcount]
    if "bench" in names:
        wanted["bench"] = Bench(folder, make_models(method, SHAPES, LARGE))
    try:
        found(**{name: wanted[name] for name in names})
    finally:
        wanted["monkeypatch"].undo()


def elementwise(apply: Callable[[Block], Tensor], name: str = "tried", **declared: Any) -> Method:
    return Method(name, "Something.", Elementwise(apply), Inputs(2), **declared)


def mean(block: Block) -> Tensor:
    return sum(block.inputs[1:], block.inputs[0]) / len(block.inputs)


def mean_in_numpy(inputs: Sequence[Array], base: Array | None, arguments: Arguments) -> Array:
    return np.asarray(np.mean(inputs, axis=0))


def counting() -> Callable[[Block], Tensor]:
    """A method with a memory."""
    calls = count()
    return lambda block: block.inputs[0] * (1 + next(calls) % 7)


def by_the_back_door(block: Block) -> Tensor:
    block.inputs[0].numpy()[...] *= 2
    return block.inputs[0] + 0


def first_as_it_is(count: int, arguments: Arguments) -> tuple[float, ...]:
    return (1.0, *(0.0,) * (count - 1))


def dropping(block: Block) -> Tensor:
    return block.inputs[0] * block.keep(0, 0.5)


BARE = (Param("t", "", default=0.5),)
CAUGHT: dict[str, tuple[str, Method, dict[str, Any], str]] = {
    "word of the language": ("declaration", elementwise(mean, "stack"), {}, "a word of the merge language"),
    "bare parameter": ("documentation", elementwise(mean, params=BARE), {}, "without a word on what they do: t"),
    "another package": ("provider", LINEAR, {"provider": "mergec-other"}, "comes from mergec"),
    "not installed": ("provider", elementwise(mean), {"provider": "mergec-other"}, "no installed package"),
    "not that one": ("provider", elementwise(mean, "linear"), {"provider": "mergec"}, "another method of this name"),
    "unknown check": ("without", LINEAR, {"without": {"blokcs": "It must."}}, "there is no check `blokcs`"),
    "no reason": ("without", LINEAR, {"without": {"blocks": ""}}, "without a reason"),
    "shape": ("tensors", elementwise(lambda b: b.inputs[0][1:]), {}, "it gave a tensor of shape"),
    "reference": ("reference", elementwise(lambda b: mean(b) * 1.00001), {"reference": mean_in_numpy}, "are off, by"),
    "float32 alone": (
        "reference",
        elementwise(lambda b: mean(b).float()),
        {"reference": mean_in_numpy, "compared": ("F64",)},
        "are off, by",
    ),
    "not idempotent": ("copies", elementwise(lambda b: mean(b) * 1.01, idempotent=True), {}, "are not what they were"),
    "mean of a block": ("blocks", elementwise(lambda b: b.inputs[0] - b.inputs[0].mean()), {}, "other bytes under 1 w"),
    "memory": ("threads", elementwise(counting()), {}, "other bytes under 3 workers"),
    "order": ("order", elementwise(lambda b: b.inputs[0] + 0, symmetric=True), {}, "differ in another order"),
    "mutation": ("inputs_unchanged", elementwise(by_the_back_door), {}, "it changed one of its inputs"),
    "other tensors": ("other_tensors", elementwise(counting()), {}, "other bytes without the other tensors"),
    "no dice": ("seed", elementwise(mean, random=True), {}, "another seed changes nothing"),
    "secret dice": ("seed", elementwise(dropping), {}, "other bytes under another seed"),
    "unread": ("damaged_inputs", Method("tried", "It.", Blend(first_as_it_is), Inputs(2, 2)), {}, "DID NOT RAISE"),
}


@pytest.mark.parametrize(("check", "method", "settings", "said"), CAUGHT.values(), ids=CAUGHT)
def test_a_broken_method_is_caught(
    tmp_path: Path, check: str, method: Method, settings: dict[str, Any], said: str
) -> None:
    with pytest.raises((AssertionError, CheckFailed, pytest.fail.Exception), match=said):
        run(check, method, tmp_path, **settings)


GOOD = elementwise(mean, symmetric=True, idempotent=True)
CHECKS = [name.removeprefix("test_") for name in dir(MethodSuite) if name.startswith("test_")]


@pytest.mark.parametrize("check", [c for c in CHECKS if c not in ("fallback", "provider")])
def test_a_good_method_passes(tmp_path: Path, check: str) -> None:
    run(check, GOOD, tmp_path, reference=mean_in_numpy)


def test_every_check_that_can_fail_has_a_method_that_fails_it() -> None:
    """What is refused in a recipe is mergec's part, and so is what stands in."""
    assert set(CHECKS) - {case[0] for case in CAUGHT.values()} == {"refused_values", "required_values", "fallback"}


@pytest.mark.parametrize("check", ["fallback", "provider", "order", "copies", "reference"])
def test_what_a_method_does_not_claim_is_skipped_and_said_so(tmp_path: Path, check: str) -> None:
    with pytest.raises(pytest.skip.Exception, match=r"no `|the method "):
        run(check, elementwise(mean), tmp_path)


def test_wrong_values() -> None:
    assert list(wrong_values(Param("t", "", low=0.0, high=1.0))) == ["text", -1.0, 2.0]
    assert list(wrong_values(Param("t", "", above=0.0, below=1.0))) == ["text", 0.0, 1.0]
    assert list(wrong_values(Param("n", "", ParamKind.INTEGER))) == ["text", 0.5]
    assert list(wrong_values(Param("f", "", ParamKind.FLAG))) == ["text", 0.5]
    assert list(wrong_values(Param("w", "", ParamKind.TEXT, choices=("a",)))) == [0.5, "no such choice"]


SWITCHED_OFF = """
from mergec_methods.linear import LERP
from mergec.testing import MethodSuite

class TestLerp(MethodSuite):
    method = LERP
    parameters = {"t": 0.3}
    shapes = {"mlp.up_proj.weight": (9, 11)}
    without = {"blocks": "there is a reason"}
"""


def test_a_subclass_is_all_there_is_to_write(tmp_path: Path) -> None:
    """As an author runs it, who sees what was switched off, and why."""
    from tests.support.command import run_python

    tmp_path.joinpath("test_lerp.py").write_text(SWITCHED_OFF)
    code = "import sys, pytest; sys.exit(pytest.main(['-q', '-rs', '-p', 'no:cacheprovider', 'test_lerp.py']))"
    printed = run_python(code, cwd=tmp_path)
    assert "there is a reason" in printed
    assert "12 passed, 5 skipped" in printed


def test_tensors_that_nobody_makes_are_left_out(tmp_path: Path) -> None:
    """A method for vectors alone, without a fallback, cannot make a whole model."""
    method = elementwise(mean, suits=Suits(ranks=(1,), without=("head",)))
    for check in ("tensors", "blocks", "other_tensors", "damaged_inputs"):
        run(check, method, tmp_path / check)
    names = make_models(method, SHAPES, LARGE)["base"]
    assert set(names) == {"model.norm.weight", *(f"model.layers.{i}.input_layernorm.weight" for i in range(5))}


def test_whole_methods_and_bases_too(tmp_path: Path) -> None:
    def extrapolated(block: Block) -> Tensor:
        assert block.base is not None
        return block.inputs[0] * 2 - block.base

    method = Method("tried", "It.", Whole(extrapolated), Inputs(1, 1), base=Base.SEPARATE)
    for check in ("tensors", "blocks", "damaged_inputs", "inputs_unchanged"):
        run(check, method, tmp_path / check)
