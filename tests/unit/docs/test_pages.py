"""The pages hold together: links, paths, recipes, commands, and the fields of the JSON form."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from mergec.cli.app import app
from mergec.diagnostics import Report, Source
from mergec.syntax import parse
from tests.support.pages import PAGES, ROOT, Mergec, arguments, blocks, shown

LINK = re.compile(r"(?<!!)\[[^\]\n]*\]\(([^)\s]+)\)|!\[[^\]\n]*\]\(([^)\s]+)\)")
SPAN = re.compile(r"`([^`\n]+)`")
OPTION = re.compile(r"(?<![\w-])(--[a-z][a-z-]+|-[a-zA-Z])(?![\w-])")
FOLDERS = ("mergec", "tests", "recipes", "plugins", "grammar", "docs")
TONGUES = ("merge", "yaml")


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def prose(page: Path) -> str:
    """A page without its blocks."""
    text = page.read_text(encoding="utf-8")
    for block in reversed(list(blocks(text))):
        text = text[: block.start] + text[block.end :]
    return text


def anchors(page: Path) -> set[str]:
    """The names that headings of a page can be linked by."""
    titles = re.findall(r"(?m)^#+ (.+)$", prose(page))
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    for link in (a or b for a, b in LINK.findall(prose(page))):
        if link.startswith("https://"):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_paths_of_this_repository_exist(page: Path) -> None:
    for span in SPAN.findall(prose(page)):
        for word in span.split():
            if word.split("/")[0] in FOLDERS and "/" in word and not re.search(r"[*<…]", word):
                assert (ROOT / word).exists(), word


def test_no_page_of_the_manual_is_an_orphan() -> None:
    for folder in (ROOT / "docs", ROOT / "docs" / "errors", ROOT / "docs" / "decisions"):
        linked = {a for a, _ in LINK.findall(prose(folder / "index.md"))}
        assert {page.name for page in folder.glob("*.md")} - {"index.md"} - linked == set()


@pytest.mark.parametrize("page", [p for p in PAGES if p.parent.name != "errors"], ids=name_of)
def test_recipes_parse(page: Path) -> None:
    """Pages of errors show recipes that are wrong, and what is said of them."""
    for block in blocks(page.read_text(encoding="utf-8")):
        whole = block.info[:1] in ((), *((tongue,) for tongue in TONGUES))
        if whole and "fragment" not in block.info:
            tongue = block.info[0] if block.info else "merge"
            report = Report()
            parse(Source(f"{page.name}.{tongue}", block.text), report)
            assert not report.diagnostics, block.text


def commands_of(page: Path) -> Iterator[str]:
    """Every command line that a page shows, in blocks and in sentences."""
    text = page.read_text(encoding="utf-8")
    for block in blocks(text):
        if block.info == ("console",):
            yield from (s.command for s in shown(block.text))
        elif block.info == ("sh",):
            yield from (line.partition(" #")[0] for line in block.text.splitlines())
    yield from SPAN.findall(prose(page))


def known() -> dict[str, set[str]]:
    """The options of each command."""
    group = typer.main.get_command(app)
    commands: dict[str, Any] = vars(group)["commands"]
    return {
        name: {o for p in c.params for o in (*p.opts, *p.secondary_opts)} | {"--help", "-h"}
        for name, c in commands.items()
    }


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_commands_are_known(page: Path) -> None:
    commands = known()
    for line in commands_of(page):
        words = arguments(line) if re.match(r"(?:[A-Z_]+=\S+ )*mergec\b(?! [>=])", line) else None
        if words and not words[0].startswith("-"):
            assert words[0] in commands, line
            assert set(OPTION.findall(line)) <= commands[words[0]], line


def test_messages_name_known_commands() -> None:
    files = (*(ROOT / "mergec").rglob("*.py"), ROOT / "grammar" / "mistakes.toml", ROOT / "Makefile")
    named = {m for f in files for m in re.findall(r"(?:`|bin\)/)mergec ([a-z]+)\b", f.read_text(encoding="utf-8"))}
    assert named
    assert named <= known().keys()


def fields(value: Any) -> Iterator[str]:
    """The keys of all objects in a document, but those that are names of models and parameters."""
    if isinstance(value, list):
        for item in value:
            yield from fields(item)
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield key
            named = inner.values() if key in ("models", "parameters") and isinstance(inner, dict) else [inner]
            for item in named:
                yield from fields(item)


def test_every_field_of_the_json_form_is_described(demo: Path, mergec: Mergec) -> None:
    (demo / "tall.merge").write_text(
        'model a = "./base"\nmodel b = "./tuned"\nmerge m = stack(a[0..2], linear(a[2..4], b[2..4]) { weight = 1 })\n'
    )
    document = json.loads(mergec(["explain", "tall.merge", "--format", "json"]))
    described = set(re.findall(r"(?m)^\| `(\w+)` \|", (ROOT / "docs" / "explain.md").read_text(encoding="utf-8")))
    document["warnings"] = []
    assert document["dropped"]
    described |= set(SPAN.findall(prose(ROOT / "docs" / "explain.md")))
    assert set(fields(document)) <= described


def test_targets_of_make_exist() -> None:
    targets = set(re.findall(r"(?m)^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8")))
    named = {t for page in PAGES for t in re.findall(r"(?:`|^)make ([a-z]+)", page.read_text(encoding="utf-8"), re.M)}
    assert {"demo", "test"} <= named <= targets
