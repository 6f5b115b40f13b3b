"""Plain functions as merge methods."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import pytest

from mergec.api import Base, Inputs, Method, Param, ParamKind, Scope, Whole, method
from mergec.diagnostics import Code, RecipeError, Report
from mergec.hooks import defects_of, load_plugins
from tests.support.merges import merge, write_model
from tests.support.numbers import store
from tests.support.plugins import TextPoint, with_methods

if TYPE_CHECKING:
    from torch import Tensor


@method
def between(inputs: tuple[Tensor, ...], *, share: Annotated[float, "How far up."] = 0.5) -> Tensor:
    """Take the value that a share of the inputs lies below.

    Sorted at each element.
    """
    import torch

    return torch.stack(inputs).quantile(share, dim=0)


@method
def pulled(
    inputs: tuple[Tensor, ...], base: Tensor, *, weight: tuple[float, ...], twice: bool = False, least: int = 0
) -> Tensor:
    """Weighted deltas."""
    total = sum((w * (x - base) for w, x in zip(weight, inputs, strict=True)), base)
    return total + twice * (total - base) + least


@method
def optional(inputs: tuple[Tensor, ...], base: Tensor | None = None, *, way: str = "up") -> Tensor:
    return inputs[0] if base is None else base.clone()


def test_what_is_read_off_a_signature() -> None:
    assert (between.name, between.base, between.inputs) == ("between", Base.NONE, Inputs(1))
    assert between.summary == "Take the value that a share of the inputs lies below."
    assert isinstance(between.pattern, Whole)
    assert between.params == (Param("share", "How far up.", default=0.5),)
    assert pulled.base is Base.SEPARATE
    assert pulled.params == (
        Param("weight", "", scope=Scope.PER_INPUT, required=True),
        Param("twice", "", ParamKind.FLAG, default=False),
        Param("least", "", ParamKind.INTEGER, default=0),
    )
    assert [m.shade for m in (between, pulled, optional)] == ["share", "weight", None]
    assert (optional.base, optional.params[0].kind) == (Base.OPTIONAL, ParamKind.TEXT)
    assert [defects_of(m) for m in (between, pulled, optional)] == [(), (), ()]


def run(folder: Path, rule: str, *methods: Method) -> np.ndarray:
    heads = "".join(f'model {name} = "{name}"\n' for name in "abc")
    return merge(folder, f"{heads}merge m = {rule}\noutput m {{}}\n", plugins=with_methods(*methods))["x"].values


@pytest.fixture
def numbers(tmp_path: Path) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(5)
    made = {name: store(rng.normal(size=(4, 5)), "F64") for name in "abc"}
    for name, tensor in made.items():
        write_model(tmp_path / name, {"x": tensor})
    return {name: tensor.values for name, tensor in made.items()}


def test_in_a_recipe(tmp_path: Path, numbers: dict[str, np.ndarray]) -> None:
    a, b, c = numbers.values()
    assert run(tmp_path, "between(a, b, c)", between) == pytest.approx(np.median([a, b, c], axis=0))
    lowest = run(tmp_path, "between(a, b, c) { share = 0 }", between)
    assert (lowest == np.min([a, b, c], axis=0)).all()
    got = run(tmp_path, "pulled(a, b, base = c) { a.weight = 0.5  b.weight = 2  twice = true }", pulled)
    assert got == pytest.approx(c + 2 * (0.5 * (a - c) + 2 * (b - c)))
    assert (run(tmp_path, "optional(a)", optional) == a).all()
    assert (run(tmp_path, "optional(a, base = b)", optional) == b).all()


def test_types_are_checked_in_the_recipe(tmp_path: Path, numbers: dict[str, np.ndarray]) -> None:
    for rule, code in (
        ('between(a) { share = "x" }', Code.BAD_VALUE),
        ("pulled(a, base = b)", Code.MISSING_PARAMETER),
        ("pulled(a) { weight = 1 }", Code.MISSING_BASE),
        ("between(a, b, c)", Code.WRONG_INPUTS),
    ):
        with pytest.raises(RecipeError) as caught:
            run(tmp_path, rule, replace(between, inputs=Inputs(1, 2)), pulled)
        assert code in {d.code for d in caught.value.diagnostics}


def anything(inputs: Any, *rest: Any) -> Any: ...
def options(inputs: Any, **rest: Any) -> Any: ...
def nothing() -> Any: ...
def models(a: Any, b: Any) -> Any: ...
def untyped(inputs, *, t=0.5): ...  # type: ignore[no-untyped-def]
def a_list(inputs: Any, *, t: list[float]) -> Any: ...
def a_pair(inputs: Any, *, t: tuple[float, float]) -> Any: ...


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (anything, r"takes any arguments \(`\*rest"),
        (options, r"takes any arguments \(`\*\*rest"),
        (nothing, "takes no inputs"),
        (models, "after a `\\*` its parameters"),
        (untyped, "`t` of `untyped` needs one of the types float, .* it has none"),
        (a_list, r"it has list\[float\]"),
        (a_pair, r"it has tuple\[float, float\]"),
    ],
)
def test_other_signatures_are_refused(function: Callable[..., Any], said: str) -> None:
    with pytest.raises(TypeError, match=said):
        method(function)


PLUGIN = """
from mergec.api import hookimpl, method

@method
def first(inputs, t: float = 0.5):
    return inputs[0]

@hookimpl
def mergec_methods():
    return [first]
"""


def test_a_package_with_such_a_signature_is_named() -> None:
    report = Report()
    assert not load_plugins(report, [TextPoint("mine", PLUGIN)]).methods
    (found,) = report.warnings
    assert found.code is Code.PLUGIN_FAILED
    assert "TypeError: `first` takes `inputs`, `base` at most, and after a `*` its parameters" in found.notes
    table = load_plugins(Report(), [TextPoint("mine", PLUGIN.replace("t:", "*, t:"))]).methods
    assert table["first"].provider.distribution == "mergec-mine"
