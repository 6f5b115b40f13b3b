"""Hold what mergec says against the manual of its behaviour: the Markdown files beside this one.

README.md says how they are written. `MERGEC_ACCEPT=1 pytest -p no:xdist tests/spec` writes what mergec says into them.
"""

from __future__ import annotations

import os
import shlex
import types
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import run_here
from tests.support.markdown import Block, Case, read_cases, replace_block
from tests.support.tiny import write_tiny

HERE = Path(__file__).parent
ACCEPT = bool(os.environ.get("MERGEC_ACCEPT"))
COMMANDS = {
    "explain": ("explain", 0),
    "error": ("check", 1),
    "warning": ("check", 0),
    "ok": ("check", 0),
    "dry-run": ("build --dry-run", 0),
    "to-merge": ("convert --to merge", 0),
    "to-yaml": ("convert --to yaml", 0),
    "not-yaml": ("convert --to yaml", 1),
}
"""What a result block runs, and the code with which that ends."""

FILES = [path for path in sorted(HERE.glob("*.md")) if path.stem != "README"]
CASES = [(path, case) for path in FILES for case in read_cases(path)]


class PluginPoint(EntryPoint):
    """An entry point whose module is the text of a block."""

    def __new__(cls, name: str, text: str) -> PluginPoint:
        return super().__new__(cls)

    def __init__(self, name: str, text: str) -> None:
        super().__init__(name, f"mergec_{name}", "mergec")
        vars(self).update(text=text, dist=types.SimpleNamespace(name=f"mergec-{name}", version="1.0", requires=None))

    def load(self) -> Any:
        module = types.ModuleType(self.value)
        exec(vars(self)["text"], vars(module))
        return module


@pytest.fixture(autouse=True)
def quiet_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a result must not depend on: the terminal, the network, the number of processors."""
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "HF_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", "/home/me/.cache/huggingface/hub")
    monkeypatch.setattr("mergec.driver.compile.default_workers", lambda: 2)


def prepare(block: Block, folder: Path, points: list[EntryPoint]) -> None:
    """Do what a block that is no result describes."""
    match block.kind:
        case "models":
            for line in block.text.splitlines():
                name, _, description = line.partition(":")
                write_tiny(folder / name.strip(), description)
        case "file":
            path = folder / block.rest
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text + "\n", encoding="utf-8")
        case "remove":
            folder.joinpath(block.rest).unlink()
        case "plugin":
            points.append(PluginPoint(block.rest, block.text))


def result(block: Block, recipe: str, folder: Path) -> str:
    """What mergec says; it must end as the block's kind promises."""
    command, code = COMMANDS[block.kind]
    arguments = [*command.split(), recipe, *shlex.split(block.rest)]
    done = run_here(*arguments, *(["out"] if block.kind == "dry-run" else []), cwd=folder)
    assert done.returncode == code, done.stdout + done.stderr
    if block.kind in ("error", "warning"):
        assert f"{block.kind}[" in done.stdout
    assert str(folder) not in done.stdout
    return (done.stdout or done.stderr).rstrip("\n")


@pytest.mark.parametrize(("path", "case"), CASES, ids=[f"{path.stem}: {case.title}" for path, case in CASES])
def test_case(path: Path, case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    points = list(entry_points(group="mergec"))
    monkeypatch.setattr("mergec.hooks.host.entry_points", lambda group: points)
    recipe, results = "recipe.yaml", 0
    for block in (*case.shared, *case.blocks):
        if block.kind in ("merge", "yaml"):
            recipe = block.rest or f"recipe.{block.kind}"
            tmp_path.joinpath(recipe).write_text(block.text + "\n", encoding="utf-8")
        elif block.kind in COMMANDS:
            results += 1
            said = result(block, recipe, tmp_path)
            if ACCEPT:
                replace_block(path, block.number, said)
            else:
                assert said == block.text
        else:
            prepare(block, tmp_path, points)
    assert results, "a case without a result"
