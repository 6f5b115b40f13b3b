"""The front matter of a model card: a few facts of YAML read, a few written.

Only what a merge has a use for is read, and only in the spellings that cards use: a scalar, a list in brackets, a list
of dashes. What is written otherwise counts as not stated.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

_KEY = re.compile(r"^([A-Za-z_][\w-]*):(?:\s+(.*))?$")
_ITEM = re.compile(r"^\s*-\s+(.*)$")
_PLAIN = re.compile(r"^[A-Za-z][A-Za-z0-9_./-]*\Z")
_READS_OTHERWISE = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null"))
"""Words that YAML 1.1 takes for something else than text; `no` is also Norwegian."""


def read_front_matter(card: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The top-level keys of a card's front matter and their values, one or several."""
    lines = card.removeprefix("\ufeff").splitlines()
    if not lines or lines[0].strip() != "---":
        return ()
    end = next((i for i, line in enumerate(lines) if i and line.strip() == "---"), None)
    return tuple(_entries(lines[1:end])) if end is not None else ()


def write_front_matter(entries: tuple[tuple[str, str | tuple[str, ...]], ...]) -> str:
    """Front matter with its fences; a tuple becomes a list of dashes."""
    lines = [line for key, value in entries for line in _written(key, value)]
    return "\n".join(("---", *lines, "---", ""))


def _entries(lines: list[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for i, line in enumerate(lines):
        found = _KEY.match(line.rstrip())
        if found:
            value = _uncommented(found[2] or "")
            yield found[1], _inline(value) if value else tuple(_dashes(lines[i + 1 :]))


def _dashes(lines: list[str]) -> Iterator[str]:
    for line in lines:
        found = _ITEM.match(line.rstrip())
        if not found:
            return
        yield from _scalar(_uncommented(found[1]))


def _inline(value: str) -> tuple[str, ...]:
    if value.startswith("[") and value.endswith("]"):
        return tuple(word for piece in value[1:-1].split(",") for word in _scalar(piece.strip()))
    return _scalar(value)


def _scalar(value: str) -> tuple[str, ...]:
    """The text of a scalar; nothing for what is none, or is one over several lines."""
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        return (value[1:-1],)
    return (value,) if value and value[0] not in "|>&*!{[\"'%@`" else ()


def _uncommented(value: str) -> str:
    return "" if value.startswith("#") else value.split(" #")[0].strip()


def _written(key: str, value: str | tuple[str, ...]) -> Iterator[str]:
    if isinstance(value, str):
        yield f"{key}: {_quoted(value)}"
    else:
        yield f"{key}:"
        yield from (f"- {_quoted(item)}" for item in value)


def _quoted(text: str) -> str:
    plain = _PLAIN.match(text) and text.lower() not in _READS_OTHERWISE
    return text if plain else json.dumps(text)
