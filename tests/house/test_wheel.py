"""One wheel holds the package, the first-party methods and the grammar, and works outside of the checkout."""

from __future__ import annotations

import filecmp
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run(*command: str | Path, cwd: Path) -> str:
    """What a command prints; it must end well, and sees nothing of the checkout or the network."""
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    environment = {**kept, "HF_HUB_OFFLINE": "1", "PIP_NO_INPUT": "1"}
    done = subprocess.run(list(map(str, command)), cwd=cwd, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", directory, cwd=ROOT)
    (found,) = directory.glob("mergec-*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of a fresh environment: the wheel, and the libraries that this environment has."""
    home = tmp_path_factory.mktemp("fresh") / "env"
    venv.create(home, with_pip=True, symlinks=True)
    scripts = home / "bin"
    run(scripts / "python", "-m", "pip", "install", "--no-deps", "--no-index", "--quiet", wheel, cwd=home)
    site = run(scripts / "python", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=home).strip()
    # A path in a .pth file is searched last; a .pth file in it, such as that of an editable mergec, is not read.
    libraries = dict.fromkeys((sysconfig.get_path("purelib"), sysconfig.get_path("platlib")))
    Path(site, "libraries.pth").write_text("\n".join(libraries) + "\n")
    return scripts


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
