"""The cookbook: its recipes are laid out, explained as shown, built, and loaded."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from mergec.diagnostics import Report, Source
from mergec.syntax.formatting import format_source
from tests.support.pages import ROOT, UPDATE, Block, Mergec, arguments, blocks, replay, shown
from tests.support.pantry import stock

Tensors = dict[str, torch.Tensor]
BOOK = tuple(sorted((ROOT / "docs" / "cookbook").glob("*.md")))
HEADING = re.compile(r"^## (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Recipe:
    """A recipe of the cookbook: its page, the heading above it, and its block."""

    page: Path
    title: str
    block: Block

    @property
    def file(self) -> str:
        return str(self.block.file)

    @cached_property
    def options(self) -> list[str]:
        """The `--set` and `--seed` that the page shows it with."""
        text = self.page.read_text(encoding="utf-8")
        lines = [s.command for b in blocks(text) if b.info == ("console",) for s in shown(b.text)]
        words = next(w for w in map(arguments, lines) if w and self.file in w)
        return [part for flag, value in pairwise(words) if flag in ("--set", "--seed") for part in (flag, value)]


def recipes() -> Iterator[Recipe]:
    for page in BOOK:
        text = page.read_text(encoding="utf-8")
        for block in blocks(text):
            if block.file and re.search(r"^merge(_method:)? ", block.text, re.MULTILINE):
                yield Recipe(page, HEADING.findall(text[: block.start])[-1], block)


RECIPES = tuple(recipes())


@pytest.fixture(scope="module")
def pantry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pantry")
    stock(folder)
    return folder


@pytest.fixture
def kitchen(tmp_path: Path, pantry: Path) -> Path:
    """A directory of its own with the stand-ins in it."""
    for model in pantry.iterdir():
        (tmp_path / model.name).symlink_to(model)
    return tmp_path


def build(file: str, kitchen: Path, mergec: Mergec) -> Path:
    """What a recipe makes, with the options that its page shows."""
    recipe = next(r for r in RECIPES if r.file == file)
    for block in blocks(recipe.page.read_text(encoding="utf-8")):
        if block.file:
            (kitchen / block.file).write_text(block.text, encoding="utf-8")
    out = kitchen / f"{Path(file).stem}-out"
    assert mergec(["build", file, str(out), "--quiet", *recipe.options]) == ""
    return out


def tensors(folder: Path) -> Tensors:
    return {name: tensor for file in folder.glob("*.safetensors") for name, tensor in load_file(file).items()}


def load(folder: Path) -> Any:
    """The model, which has to hold all weights of its class, and no others."""
    import transformers

    transformers.logging.disable_progress_bar()
    kind = json.loads((folder / "config.json").read_text(encoding="utf-8"))["model_type"]
    auto = transformers.AutoModelForImageTextToText if kind == "llava" else transformers.AutoModelForCausalLM
    model, info = auto.from_pretrained(folder, dtype="auto", output_loading_info=True)
    assert not any(info.values()), info
    return model


def logits(folder: Path) -> torch.Tensor:
    with torch.no_grad():
        return load(folder).float()(input_ids=torch.tensor([[1, 7, 42, 5]])).logits


@pytest.mark.parametrize("page", BOOK, ids=lambda page: page.stem)
def test_commands_print_what_is_shown(page: Path, kitchen: Path, mergec: Mergec) -> None:
    text = page.read_text(encoding="utf-8")
    now = replay(text, kitchen, mergec)
    if os.environ.get(UPDATE):
        page.write_text(now, encoding="utf-8")
    assert now == text


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.file)
def test_recipes_are_built_as_explained_and_load(recipe: Recipe, kitchen: Path, mergec: Mergec) -> None:
    out = build(recipe.file, kitchen, mergec)
    plan = json.loads(mergec(["explain", recipe.file, "--format", "json", *recipe.options]))
    assert {t["name"]: t["shape"] for t in plan["tensors"]} == {n: [*t.shape] for n, t in tensors(out).items()}
    assert plan["warnings"] == []
    assert logits(out).isfinite().all()


def test_recipes_are_laid_out() -> None:
    for recipe in RECIPES:
        if recipe.block.info[0] == "merge":
            report = Report()
            assert format_source(Source(recipe.file, recipe.block.text), report) == recipe.block.text, recipe.file


def test_every_entry_has_a_recipe_and_a_place_in_the_index() -> None:
    index = (ROOT / "docs" / "cookbook.md").read_text(encoding="utf-8")
    titles = [(page, title) for page in BOOK for title in HEADING.findall(page.read_text(encoding="utf-8"))]
    assert len(titles) >= 22
    assert {(recipe.page, recipe.title) for recipe in RECIPES} == set(titles)
    assert len(re.findall(r"\(cookbook/[\w-]+\.md#", index)) >= len(titles)
    assert len({recipe.file for recipe in RECIPES}) == len(RECIPES)


COPIES = (
    ("parts.merge", "*.self_attn.*", "code"),
    ("parts.merge", "*.input_layernorm.*", "code"),
    ("parts.merge", "*.mlp.*", "chat"),
    ("parts.merge", "*.post_attention_layernorm.*", "chat"),
    ("vee.merge", "model.layers.0.*", "code"),
    ("vee.merge", "model.layers.5.*", "code"),
    ("vee.merge", "lm_head.weight", "code"),
    ("voice.merge", "*embed_tokens*", "chat"),
    ("voice.merge", "lm_head.weight", "chat"),
    ("seeing.merge", "vision_tower.*", "vlm"),
    ("seeing.merge", "multi_modal_projector.*", "vlm"),
    ("seeing.merge", "language_model.model.layers.0.*", "vlm"),
    ("swap.merge", "model.layers.0.*", "language"),
    ("swap.merge", "model.layers.[23].*", "math"),
    ("swap.merge", "lm_head.weight", "language"),
    ("staged.merge", "*embed_tokens*", "chat"),
)


@pytest.mark.parametrize("file", sorted({file for file, _, _ in COPIES}))
def test_what_is_said_to_stay_stays(file: str, kitchen: Path, mergec: Mergec) -> None:
    made = tensors(build(file, kitchen, mergec))
    for _, glob, donor in (row for row in COPIES if row[0] == file):
        theirs = tensors(kitchen / donor)
        names = [name for name in made if fnmatchcase(name, glob)]
        assert names, glob
        assert all(torch.equal(made[name], theirs[name]) for name in names), glob


def test_what_is_said_to_be_mixed_is_mixed(kitchen: Path, mergec: Mergec) -> None:
    made, seeing, talking = (
        tensors(f) for f in (build("seeing.merge", kitchen, mergec), kitchen / "vlm", kitchen / "vlm-chat")
    )
    for name in ("language_model.model.layers.1.mlp.up_proj.weight", "language_model.lm_head.weight"):
        assert not torch.equal(made[name], seeing[name])
        assert not torch.equal(made[name], talking[name])


def test_expanded_blocks_change_nothing(kitchen: Path, mergec: Mergec) -> None:
    out = build("expand.merge", kitchen, mergec)
    assert json.loads((out / "config.json").read_text(encoding="utf-8"))["num_hidden_layers"] == 9
    assert torch.equal(logits(out), logits(kitchen / "base"))


def test_solar_is_the_first_and_last_24_layers(kitchen: Path, mergec: Mergec) -> None:
    made, deep = tensors(build("solar.merge", kitchen, mergec)), tensors(kitchen / "deep")
    for layer, source in ((0, 0), (23, 23), (24, 8), (47, 31)):
        name = "model.layers.{}.mlp.up_proj.weight"
        assert torch.equal(made[name.format(layer)], deep[name.format(source)])
    assert "model.layers.48.mlp.up_proj.weight" not in made


def test_expo_in_both_forms_gives_the_same_bytes(kitchen: Path, mergec: Mergec) -> None:
    one, other = (tensors(build(file, kitchen, mergec)) for file in ("expo.merge", "expo-method.merge"))
    assert all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize(
    ("file", "terms"),
    [
        ("chatty.merge", {"language": 1, "chat": 0.9, "base": -0.9}),
        ("update.merge", {"newbase": 1, "chat": 1, "base": -1}),
        ("unlearn.merge", {"chat": 1.4, "toxic": -0.4}),
        ("skills.merge", {"base": -0.1, "code": 0.6, "math": 0.5}),
        ("ema.merge", {"step1": 0.36 / 1.96, "step2": 0.6 / 1.96, "step3": 1 / 1.96}),
        ("soup.merge", {"step1": 1 / 3, "step2": 1 / 3, "step3": 1 / 3}),
        ("lines.merge", {"base": -0.12, "code": 0.56, "math": 0.56}),
    ],
)
def test_sums_are_what_they_say(file: str, terms: dict[str, float], kitchen: Path, mergec: Mergec) -> None:
    name = "model.layers.3.mlp.up_proj.weight"  # depth 0.6
    made = tensors(build(file, kitchen, mergec))[name]
    want = sum(weight * tensors(kitchen / model)[name].double() for model, weight in terms.items())
    assert isinstance(want, torch.Tensor)
    torch.testing.assert_close(made.double(), want, rtol=2**-8, atol=2**-24)


def test_yaml_and_merge_language_make_the_same_plan(kitchen: Path, mergec: Mergec) -> None:
    build("hybrid.yaml", kitchen, mergec)
    mergec(["convert", "hybrid.yaml", "--to", "merge", "-o", "hybrid.merge"])
    plans = [json.loads(mergec(["explain", file, "--format", "json"])) for file in ("hybrid.yaml", "hybrid.merge")]
    assert plans[0]["plan"] == plans[1]["plan"]
