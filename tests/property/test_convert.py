"""A recipe converted to the other tongue, and back, makes the same plan."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings

from mergec.diagnostics import RecipeError, Report, Source
from mergec.driver import Compiled, Request, compile_recipe
from mergec.driver.convert import to_merge_language, to_mergekit_yaml
from tests.parity import cases
from tests.support.tiny import write_tiny
from tests.support.yaml_strategies import LAYERS, MODELS, recipes

ROOT = Path(__file__).parents[2]
SEEDS = sorted((ROOT / "recipes").glob("*.yaml"))
PARITY = {name: text for name, text in vars(cases).items() if isinstance(text, str) and "merge_method" in text}
SHAPES = {"gemma2": 8, "llama2": 32, "qwen2": 8, "smollm": 30, "tinyllama": 22}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    for name, dtype in zip(MODELS, ("BF16", "F16", "BF16"), strict=True):
        write_tiny(folder / name, f"llama layers={LAYERS} dtype={dtype}")
    return folder


def compiled(text: str, tongue: str, request: Request) -> Compiled:
    return compile_recipe(Source(f"recipe.{tongue}", text), request, Report())


def said(program: Compiled) -> tuple[object, ...]:
    """What a recipe decides: the plan, and what goes with the weights."""
    recipe = program.plan.recipe
    return program.plan.digest, recipe.output.dtype, recipe.models[recipe.output.donor].reference


def there(text: str, request: Request) -> str:
    return to_merge_language(Source("recipe.yaml", text), request, request.directory, Report())


def back(text: str, request: Request) -> str:
    return to_mergekit_yaml(Source("recipe.merge", text), request, request.directory, Report())


def check(text: str, request: Request) -> None:
    expected = said(compiled(text, "yaml", request))
    converted = there(text, request)
    assert said(compiled(converted, "merge", request)) == expected, converted
    again = back(converted, request)
    assert said(compiled(again, "yaml", request)) == expected, again


@settings(
    max_examples=50, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.explicit, Phase.generate]
)
@given(recipes())
def test_generated_recipes(models: Path, text: str) -> None:
    request = Request(str(models), workers=1)
    try:
        expected = said(compiled(text, "yaml", request))
    except RecipeError:
        assume(False)
    converted = there(text, request)
    found = said(compiled(converted, "merge", request))
    if re.search(r"(?m)^model \w+_2 ", converted):  # a model under two names is read twice, which is another plan
        return
    assert found == expected, converted
    again = back(converted, request)
    assert said(compiled(again, "yaml", request)) == expected, again


@pytest.mark.parametrize("name", PARITY)
def test_recipes_of_the_comparison_with_mergekit(models: Path, name: str) -> None:
    text = PARITY[name].replace("{a}", "base").replace("{b}", "tuned").replace("{c}", "third")
    check(text, Request(str(models), workers=1))


@pytest.mark.parametrize("path", SEEDS, ids=lambda path: path.stem)
def test_seed_recipes(path: Path, tmp_path: Path) -> None:
    layers = next(n for name, n in SHAPES.items() if path.stem.startswith(name))
    text = path.read_text(encoding="utf-8")
    found = {line.partition("model: ")[2].strip() for line in text.splitlines() if "- model: " in line}
    for number, _ in enumerate(sorted(found)):
        write_tiny(tmp_path / f"m{number}", f"llama layers={layers}")
    request = Request(
        str(tmp_path), workers=1, models={ref: str(tmp_path / f"m{i}") for i, ref in enumerate(sorted(found))}
    )
    check(text, request)
    twin = path.with_suffix(".merge").read_text(encoding="utf-8")
    expected = said(compiled(text, "yaml", request))
    assert said(compiled(twin, "merge", request)) == expected
    assert said(compiled(back(twin, request), "yaml", request)) == expected
