"""One wheel holds the package, the first-party methods and the grammar, and works outside of the checkout."""

from __future__ import annotations

import filecmp
import os
import zipfile
from pathlib import Path

import pytest

from tests.support.fresh import ROOT, build_wheel, make_environment, run


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(ROOT, tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_environment(tmp_path_factory.mktemp("fresh") / "env", wheel)


def test_the_wheel_holds_what_it_should(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for name in ("merge.lark", "mistakes.toml", "recipe.schema.json"):
        assert f"mergec/grammar/{name}" in names
    for name in ("mergec/py.typed", "mergec_methods/__init__.py", "mergec_methods/slerp.py", "mergec/cli/app.py"):
        assert name in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert {name.split("/")[0].split("-")[0] for name in names} == {"mergec", "mergec_methods"}


def test_it_works_outside_of_the_checkout(installed: Path, tmp_path: Path) -> None:
    mergec = installed / "mergec"
    place = "import mergec, mergec_methods; print(mergec.__file__, mergec_methods.__file__)"
    files = run(installed / "python", "-c", place, cwd=tmp_path).split()
    assert all(Path(file).is_relative_to(installed.parent) for file in files)
    assert '"$schema"' in run(mergec, "schema", cwd=tmp_path)
    run(mergec, "demo", "demo", cwd=tmp_path)
    for tongue in ("merge", "yaml"):
        assert "self_attn" in run(mergec, "explain", f"demo/recipe.{tongue}", cwd=tmp_path)
        run(mergec, "build", f"demo/recipe.{tongue}", f"out.{tongue}", cwd=tmp_path)
    one, other = tmp_path / "out.merge", tmp_path / "out.yaml"
    assert filecmp.cmp(one / "model.safetensors", other / "model.safetensors", shallow=False)
    assert "recipe.merge" in os.listdir(one)
    assert "mergekit_config.yml" in os.listdir(other)
