"""The TextMate grammar and the extension for VS Code know the words of the language."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mergec.recipe.values import CONSTANTS, PLACES
from mergec.syntax.words import KEYWORDS, ROLES, STATEMENTS

ROOT = Path(__file__).parents[2]
EDITORS = ROOT / "docs" / "editors"
GRAMMAR: dict[str, Any] = json.loads(EDITORS.joinpath("merge.tmLanguage.json").read_text(encoding="utf-8"))
EXTENSION = EDITORS / "vscode"


def rules(node: Any) -> Iterator[dict[str, Any]]:
    """Every object of the grammar."""
    if isinstance(node, dict):
        yield node
        for inner in node.values():
            yield from rules(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from rules(inner)


def patterns(node: Any) -> Iterator[str]:
    for rule in rules(node):
        yield from (rule[key] for key in ("match", "begin", "end") if isinstance(rule.get(key), str))


def matching(word: str) -> set[str]:
    """The scopes that a word by itself gets."""
    named = (r for r in rules(GRAMMAR) if "match" in r and "name" in r)
    return {str(r["name"]) for r in named if re.fullmatch(r["match"], word)}


def test_every_pattern_compiles() -> None:
    found = list(patterns(GRAMMAR))
    assert len(found) > 15
    for pattern in found:
        re.compile(pattern)


def test_every_include_leads_somewhere() -> None:
    includes = {rule["include"].removeprefix("#") for rule in rules(GRAMMAR) if "include" in rule}
    assert includes == set(GRAMMAR["repository"])


@pytest.mark.parametrize("word", sorted(KEYWORDS))
def test_every_word_of_the_language_is_coloured(word: str) -> None:
    assert any(scope.startswith(("keyword.", "constant.language.")) for scope in matching(word))


def test_the_words_are_those_of_the_grammar() -> None:
    text = ROOT.joinpath("grammar", "merge.lark").read_text(encoding="utf-8")
    written = set(re.findall(r"(?m)^[A-Z]+(?:\.\d+)?:\s+/(\w+)\\b/", text))
    assert written == KEYWORDS | {"layers", "rank"}
    coloured = set(re.findall(r"[a-z]+", " ".join(patterns(GRAMMAR)).replace("\\b", " ")))
    assert written <= coloured


@pytest.mark.parametrize("role", ROLES)
def test_roles_and_places_are_coloured(role: str) -> None:
    assert "support.constant.role.merge" in matching(role)
    assert all("variable.language.merge" in matching(word) for word in (*PLACES, *CONSTANTS))


def test_a_statement_ends_what_was_left_open() -> None:
    repository = GRAMMAR["repository"]
    ends = [repository["rules"]["end"], repository["rule"]["patterns"][0]["end"]]
    assert all(re.search(end, f"  {word} x") for end in ends for word in STATEMENTS)


@pytest.mark.parametrize("number", ["1", "0.5", ".5", "1e-3", "2.", "1.5E+10"])
def test_numbers(number: str) -> None:
    assert matching(number) == {"constant.numeric.merge"}
    pattern = GRAMMAR["repository"]["number"]["match"]
    assert [m[0] for m in re.finditer(pattern, "a1 0..8 x[4..20]")] == ["0", "8", "4", "20"]


def test_regular_expressions_and_texts() -> None:
    regex = GRAMMAR["repository"]["regex"]["match"]
    assert [m[0] for m in re.finditer(regex, r"t[/a\/[b]/ and /c/]")] == [r"/a\/[b]/", "/c/"]
    text = GRAMMAR["repository"]["string"]
    assert text["begin"] == '"'
    assert re.search(text["end"], "open") is not None


def test_the_extension_points_at_what_is_there() -> None:
    package = json.loads(EXTENSION.joinpath("package.json").read_text(encoding="utf-8"))
    (language,) = package["contributes"]["languages"]
    (grammar,) = package["contributes"]["grammars"]
    assert EXTENSION.joinpath(package["main"]).is_file()
    assert EXTENSION.joinpath(language["configuration"]).is_file()
    assert grammar["scopeName"] == GRAMMAR["scopeName"]
    assert grammar["language"] == language["id"] == "merge"
    assert (
        f"cpSync('../merge.tmLanguage.json', '{grammar['path'].removeprefix('./')}')" in package["scripts"]["prepare"]
    )
    settings = set(re.findall(r'settings\.get\("(\w+)"\)', EXTENSION.joinpath("extension.js").read_text()))
    assert {f"mergec.{name}" for name in settings} == set(package["contributes"]["configuration"]["properties"])


def test_the_configuration_of_the_language_agrees_with_its_grammar() -> None:
    found = json.loads(EXTENSION.joinpath("language-configuration.json").read_text(encoding="utf-8"))
    assert re.fullmatch(found["wordPattern"], "share_1")
    assert re.search(found["indentationRules"]["increaseIndentPattern"], "merge m = lerp(a, b) {  # x")
    assert found["comments"] == {"lineComment": "#"}
