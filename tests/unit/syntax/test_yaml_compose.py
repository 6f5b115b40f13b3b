"""YAML as nodes: places, aliases, merge keys, and what is refused."""

from __future__ import annotations

import pytest

from mergec.diagnostics import Report, Source
from mergec.syntax.yaml_compose import compose
from mergec.syntax.yaml_nodes import Mapping, Node, Scalar, Sequence, shown
from tests.support.trees import found


def composed(text: str) -> Node:
    report = Report()
    node = compose(Source("r.yaml", text), report)
    assert node is not None, report.diagnostics
    assert not report.diagnostics
    return node


def plain(node: Node) -> object:
    match node:
        case Scalar():
            return node.text
        case Sequence():
            return [plain(item) for item in node.items]
        case Mapping():
            return {entry.key.text: plain(entry.value) for entry in node.entries}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: {b: [1, two]}", {"a": {"b": ["1", "two"]}}),
        ("a: &x [1]\nb: *x\n", {"a": ["1"], "b": ["1"]}),
        ("a: &x 1\nb: &x 2\nc: *x\n", {"a": "1", "b": "2", "c": "2"}),
        ("a: &x {b: 1, c: 2}\nd: {c: 3, <<: *x}\n", {"a": {"b": "1", "c": "2"}, "d": {"b": "1", "c": "3"}}),
        ("<<: [{a: 1, b: 1}, {a: 2, c: 2}]\nd: 3\n", {"a": "1", "b": "1", "c": "2", "d": "3"}),
        ('"<<": {a: 1}\n', {"<<": {"a": "1"}}),
        ("a: !!map {b: !!str 1}\n", {"a": {"b": "1"}}),
        ("a: |\n  two\n  lines\n", {"a": "two\nlines\n"}),
        ("--- {a: 1}\n...\n", {"a": "1"}),
    ],
)
def test_content(text: str, expected: object) -> None:
    assert plain(composed(text)) == expected


def test_places_count_characters() -> None:
    text = "\ufeffé: 😀\r\nb:\r\n  - c: 1   # why\r\n    d: [1,\r\n 2]\r\n\r\n# end\r\ne:\r\n"
    root = composed(text)
    assert isinstance(root, Mapping)
    assert [e.span.text for e in root.entries] == ["é: 😀", "b:\r\n  - c: 1   # why\r\n    d: [1,\r\n 2]", "e:"]
    listed = root.entries[1].value
    assert isinstance(listed, Sequence)
    assert [(i.span.line, i.span.column, i.span.text) for i in listed.items] == [
        (3, 5, "c: 1   # why\r\n    d: [1,\r\n 2]"),
    ]
    assert root.entries[2].place == root.entries[2].key.span


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("a:\n\t- b\n", "syntax", "2:1"),
        ("a: [1,\n2\nb: 1\n", "syntax", "3:2"),
        ("a: 'b\n", "syntax", "1:4"),
        ("a: b: c\n", "syntax", "1:5"),
        ("a: 1\n  b: 2\n", "syntax", "2:4"),
        ("a: @b\n", "syntax", "1:4"),
        ("a:\n  - x\n b: 1\n", "syntax", "3:2"),
        ("a: *b\n", "syntax", "1:4"),
        ("a: &a [*a]\n", "syntax", "1:8"),
        ('a: "\\q"\n', "syntax", "1:5"),
        ("%YAML 9.9\n---\na: 1\n", "syntax", "1:1"),
        ('a: "\\e[31m"\n', "bad-value", "1:4"),
        ("é\nb: 1\0\n", "unreadable-recipe", "2:5"),
        ("a: \ud800\n", "unreadable-recipe", "1:4"),
        ("a: !!python/object/apply:os.system [ls]\n", "not-supported", "1:4"),
        ("a: !!python/name:os.system\n", "not-supported", "1:4"),
        ("a: !x 1\n", "not-supported", "1:4"),
        ("a: !!set {b}\n", "not-supported", "1:4"),
        ("? [a]\n: 1\n", "wrong-type", "1:3"),
        ("a: {<<: 5}\n", "wrong-type", "1:9"),
        ("a: 1\nb: 2\n'a': 3\n", "duplicate-key", "3:1"),
        ("a: 1\n---\nb: 1\n", "not-supported", "2:1"),
    ],
)
def test_refused(text: str, code: str, place: str) -> None:
    report = Report()
    compose(Source("r.yaml", text), report)
    assert [(c, p) for c, p, _ in found(report)] == [(code, place)]


def test_python_reader_gives_the_same_places(monkeypatch: pytest.MonkeyPatch) -> None:
    import yaml

    text = "\ufeffé: &x [1, {a: b}]\r\nc:\r\n- *x\r\n- 'd'\r\n"
    fast = composed(text)
    monkeypatch.setattr("mergec.syntax.yaml_compose._LOADER", yaml.SafeLoader)
    assert composed(text) == fast


def test_shown_is_short_and_on_one_line() -> None:
    assert shown("a\n\x1b\u202e\ud800é") == "a\\n\\x1b\\u202e\\ud800é"
    assert len(shown("x" * 1000)) == 60
