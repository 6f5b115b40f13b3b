"""Finding the grammar's files: beside the package in a checkout, inside it once installed."""

from __future__ import annotations

from pathlib import Path


def read_grammar_file(name: str) -> str:
    """The text of `grammar/<name>`. Raises FileNotFoundError if the installation lacks it."""
    from importlib.resources import files

    package = files("mergec")
    packaged = package.joinpath("grammar", name)
    if packaged.is_file():
        return packaged.read_text(encoding="utf-8")
    return (Path(str(package)).parent / "grammar" / name).read_text(encoding="utf-8")
