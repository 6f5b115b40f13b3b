"""The template is a package like anyone's: copied, installed beside mergec's wheel, tested, and used in a recipe."""

from __future__ import annotations

import json
import re
import shutil
import tomllib
from pathlib import Path

import pytest

from tests.support.fresh import ROOT, build_wheel, install, make_environment, run

TEMPLATE = ROOT / "plugins" / "template"
METHODS = {"low_rank", "nlerp", "row_length", "threshold", "without_extremes"}


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The template as its reader has it: only what the repository holds, somewhere else."""
    copy = tmp_path_factory.mktemp("mine") / "template"
    shutil.copytree(TEMPLATE, copy, ignore=shutil.ignore_patterns("__pycache__", ".*", "dist", "*.egg-info"))
    return copy


@pytest.fixture(scope="module")
def scripts(copied: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of a fresh environment with mergec's wheel and the copy.

    Torch, pytest and the other libraries are those of the environment of these tests, so that nothing is downloaded;
    mergec and the template are found where they were installed, and nowhere else.
    """
    wheel = build_wheel(ROOT, tmp_path_factory.mktemp("dist"))
    found = make_environment(tmp_path_factory.mktemp("fresh") / "env", wheel)
    install(found, copied)
    return found


def test_it_is_found_where_it_was_installed(scripts: Path, tmp_path: Path) -> None:
    place = "import mergec, mergec_template; print(mergec.__file__, mergec_template.__file__)"
    for file in run(scripts / "python", "-c", place, cwd=tmp_path).split():
        assert Path(file).is_relative_to(scripts.parent)


def test_a_recipe_uses_its_methods(scripts: Path, copied: Path, tmp_path: Path) -> None:
    """The commands of its README."""
    listed = run(scripts / "mergec", "methods", cwd=tmp_path)
    assert set(re.findall(r"(?m)^  (\S+) .*\(mergec-template 0\.1\.0\)$", listed)) == METHODS
    run(scripts / "mergec", "demo", "try", cwd=tmp_path)
    shutil.copy(copied / "recipe.merge", tmp_path / "try" / "mine.merge")
    assert "without_extremes" in run(scripts / "mergec", "explain", "try/mine.merge", cwd=tmp_path)
    run(scripts / "mergec", "build", "try/mine.merge", "try/out", cwd=tmp_path)
    assert tmp_path.joinpath("try/out/model.safetensors").stat().st_size > 100_000
    assert set(provided(json.loads(tmp_path.joinpath("try/out/mergec.lock.json").read_text()))) == METHODS


def provided(lock: dict[str, list[dict[str, str]]]) -> list[str]:
    """The methods that the template is said to have provided."""
    return [m["name"] for m in lock["methods"] if m["distribution"] == "mergec-template"]


def test_its_tests_pass(scripts: Path, copied: Path, tmp_path: Path) -> None:
    tests = shutil.copytree(copied / "tests", tmp_path / "tests")
    printed = run(scripts / "python", "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", tests, cwd=tmp_path)
    assert re.search(r"(?m)^\d{2,} passed, \d skipped", printed)
    assert "provider" not in printed


def test_its_readme_tells_of_what_there_is() -> None:
    text = TEMPLATE.joinpath("README.md").read_text()
    for path in re.findall(r"`([\w/]+\.(?:py|toml|merge))`", text):
        assert TEMPLATE.joinpath(path).is_file(), path
    assert all(f"`{method}`" in text for method in METHODS)
    extras = tomllib.loads(ROOT.joinpath("pyproject.toml").read_text())["project"]["optional-dependencies"]
    needed = tomllib.loads(TEMPLATE.joinpath("pyproject.toml").read_text())["project"]["optional-dependencies"]["test"]
    assert needed == ["mergec[testing]"]
    assert "testing" in extras
