"""Environments in which mergec is installed as a user has it: from a wheel, with nothing of the checkout in sight."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

ROOT = Path(__file__).parents[2]


def run(*command: str | Path, cwd: Path) -> str:
    """What a command prints; it must end well, and sees nothing of the checkout or the network."""
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    environment = {**kept, "HF_HUB_OFFLINE": "1", "PIP_NO_INPUT": "1"}
    done = subprocess.run(list(map(str, command)), cwd=cwd, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def build_wheel(project: Path, directory: Path) -> Path:
    """The wheel of a project, by the hatchling of this environment."""
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", directory, cwd=project)
    (found,) = directory.glob("*.whl")
    return found


def make_environment(home: Path, *wheels: Path) -> Path:
    """The programs of a fresh environment: wheels, and the libraries that this environment has."""
    venv.create(home, with_pip=True, symlinks=True)
    scripts = home / "bin"
    install(scripts, *wheels)
    site = run(scripts / "python", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=home).strip()
    # A path in a .pth file is searched last; a .pth file in it, such as that of an editable mergec, is not read.
    libraries = dict.fromkeys((sysconfig.get_path("purelib"), sysconfig.get_path("platlib")))
    Path(site, "libraries.pth").write_text("\n".join(libraries) + "\n")
    return scripts


def install(scripts: Path, *what: str | Path) -> None:
    """`pip install` in that environment, of what is on the disk, built by what is installed."""
    offline = ("--no-deps", "--no-index", "--no-build-isolation", "--quiet")
    run(scripts / "python", "-m", "pip", "install", *offline, *what, cwd=scripts)
