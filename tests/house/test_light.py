"""Commands that read headers only leave the heavy libraries alone, and so start at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.command import run_python

HEAVY = "torch transformers numpy safetensors huggingface_hub.file_download asyncio"

LOADED = """
import sys
from mergec.cli.app import main
heavy, sys.argv = sys.argv[1].split(), ["mergec", *sys.argv[2:]]
out, sys.stdout = sys.stdout, open("/dev/null", "w")
try:
    main()
except SystemExit as end:
    print(end.code or 0, *(name for name in heavy if name in sys.modules), file=out)
"""


@pytest.mark.parametrize(
    ("command", "also"),
    [
        ("explain recipe.merge", "jsonschema yaml huggingface_hub rich"),
        ("explain recipe.merge --format json", "jsonschema yaml huggingface_hub rich"),
        ("explain recipe.yaml --graph", "jsonschema lark huggingface_hub rich"),
        ("check recipe.yaml", "lark huggingface_hub rich"),
        ("build recipe.merge out --dry-run", "jsonschema yaml huggingface_hub rich"),
        ("inspect base", "jsonschema yaml lark huggingface_hub rich"),
        ("methods", "jsonschema yaml lark huggingface_hub rich"),
        ("schema", "jsonschema yaml lark huggingface_hub rich"),
        ("--version", "jsonschema yaml lark huggingface_hub rich"),
        ("--help", "jsonschema yaml lark huggingface_hub"),
        ("build --help", "jsonschema yaml lark huggingface_hub"),
    ],
)
def test_heavy_libraries_stay_out(command: str, also: str, demo: Path) -> None:
    assert run_python(LOADED, f"{HEAVY} {also}", *command.split(), cwd=demo).split() == ["0"]


@pytest.mark.parametrize("room", ["mergec.api", "mergec_methods", "mergec.driver", "mergec.testing.demo"])
def test_importing_a_room_is_light(room: str, tmp_path: Path) -> None:
    code = f"import sys, {room}; print(*(name for name in sys.argv[1].split() if name in sys.modules))"
    assert run_python(code, f"{HEAVY} huggingface_hub rich", cwd=tmp_path).split() == []


def test_a_recipe_loads_the_methods_that_it_names(demo: Path) -> None:
    loaded = "mergec_methods.slerp mergec_methods.ties mergec_methods.spectral"
    assert run_python(LOADED, loaded, "explain", "recipe.merge", cwd=demo).split() == ["0", "mergec_methods.slerp"]


def test_a_form_is_loaded_when_it_is_asked_for(demo: Path) -> None:
    forms = "mergec.plan.explain.as_text mergec.plan.explain.as_html mergec.plan.explain.as_json"
    command = ("build", "recipe.merge", "out", "--dry-run")
    assert run_python(LOADED, forms, *command, cwd=demo).split() == ["0"]
    assert run_python(LOADED, forms, "explain", "recipe.merge", cwd=demo).split() == [
        "0",
        "mergec.plan.explain.as_text",
    ]


def test_a_heavy_library_would_be_seen(demo: Path) -> None:
    assert run_python(LOADED, "lark", "explain", "recipe.merge", cwd=demo).split() == ["0", "lark"]
