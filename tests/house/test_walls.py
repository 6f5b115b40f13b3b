"""The walls between the rooms stand in the configuration, and each library is used in one room."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = [
    ["cli"],
    ["lsp"],
    ["python"],
    ["testing"],
    ["driver"],
    ["execute"],
    ["plan"],
    ["recipe", "backends"],
    ["syntax", "checkpoint", "sidecar", "hub", "hooks"],
    ["contract"],
    ["core"],
    ["diagnostics"],
]
LEVEL = {room: i for i, level in enumerate(ROOMS) for room in level}


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def modules() -> list[tuple[str, Path]]:
    """Every module of a room, with the room's name."""
    found = sorted(ROOT.joinpath("mergec").glob("*/**/*.py"))
    return [(path.relative_to(ROOT / "mergec").parts[0], path) for path in found]


def climbs(room: str, name: str) -> bool:
    """Whether a module of `room` that imports `name` looks up, or sideways."""
    parts = name.split(".")
    other = parts[1] if parts[0] == "mergec" and len(parts) > 1 else room
    return other != room and other in LEVEL and LEVEL[other] <= LEVEL[room]


def test_the_contract_lists_every_room() -> None:
    settings = tomllib.loads(ROOT.joinpath("pyproject.toml").read_text())
    layers = settings["tool"]["importlinter"]["contracts"][0]["layers"]
    assert [[room.strip().removeprefix("mergec.") for room in level.split("|")] for level in layers] == ROOMS
    assert {room for room, _ in modules()} == set(LEVEL)


def test_no_room_looks_up() -> None:
    assert [(str(path), name) for room, path in modules() for name in imports(path) if climbs(room, name)] == []


@pytest.mark.parametrize(
    ("room", "name", "expected"),
    [
        ("plan", "mergec.execute.pool", True),
        ("syntax", "mergec.hub", True),
        ("core", "mergec.contract.method", True),
        ("execute", "mergec.plan", False),
        ("plan", "mergec.plan.match", False),
        ("cli", "torch", False),
    ],
)
def test_an_upward_import_would_be_found(room: str, name: str, expected: bool) -> None:
    assert climbs(room, name) is expected


@pytest.mark.parametrize(
    ("library", "rooms"),
    [
        ("lark", {"syntax"}),
        ("yaml", {"syntax"}),
        ("jsonschema", {"syntax"}),
        ("pluggy", {"hooks", "contract"}),
        ("huggingface_hub", {"hub"}),
        ("pygls", {"lsp"}),
        ("lsprotocol", {"lsp"}),
        ("typer", {"cli"}),
        ("rich", {"cli"}),
        ("pytest", {"testing"}),
        ("hypothesis", {"testing"}),
        ("numpy", {"testing"}),
        ("torch", {"backends", "contract", "testing"}),
        ("transformers", set()),
    ],
)
def test_a_library_has_one_room(library: str, rooms: set[str]) -> None:
    users = {room for room, path in modules() for name in imports(path) if name.split(".")[0] == library}
    assert users == rooms


def test_the_checkout_has_what_a_repository_needs() -> None:
    for name in ("LICENSE", "README.md", "CHANGELOG.md", "Makefile", "pyproject.toml", ".ci/run", "grammar/merge.lark"):
        assert ROOT.joinpath(name).is_file(), name
    assert "Apache License" in ROOT.joinpath("LICENSE").read_text()
