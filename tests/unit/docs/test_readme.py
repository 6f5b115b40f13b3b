"""What README.md shows: explain's output and its picture, and the recipe that introduces the language."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from mergec.testing.archs import TINYLLAMA_1_1B
from mergec.testing.write import write_header_only
from tests.support.pages import ROOT, UPDATE, Mergec, replay
from tests.support.picture import svg_of

README = ROOT / "README.md"
PICTURE = ROOT / "docs" / "explain.svg"
RECIPE = "recipes/tinyllama-hybrid.merge"


@pytest.fixture
def tinyllama(demo: Path, mergec: Mergec) -> Mergec:
    """The command, in a directory with the recipes and stand-ins of TinyLlama's shape for the models they name."""
    shutil.copytree(ROOT / "recipes", demo / "recipes")
    for name in ("first", "second"):
        write_header_only(str(demo / name), TINYLLAMA_1_1B)

    def run(arguments: list[str]) -> str:
        models = ["--model", "base=first", "--model", "chat=second"] if RECIPE in arguments else []
        return mergec([*arguments, *models])

    return run


def test_commands_print_what_is_shown(demo: Path, tinyllama: Mergec) -> None:
    text = README.read_text(encoding="utf-8")
    now = replay(text, demo, tinyllama)
    if os.environ.get(UPDATE):
        README.write_text(now, encoding="utf-8")
    assert now == text


def test_the_picture_is_of_that_output(tinyllama: Mergec, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    command = ["explain", RECIPE]
    now = svg_of(tinyllama(command), f"mergec {' '.join(command)}")
    if os.environ.get(UPDATE):
        PICTURE.write_text(now, encoding="utf-8")
    assert now == PICTURE.read_text(encoding="utf-8")


def test_the_recipe_builds(demo: Path, mergec: Mergec) -> None:
    replay(README.read_text(encoding="utf-8").partition("## The merge language")[2], demo, mergec)
    assert mergec(["check", "recipe.merge"]) == "no errors\n"
