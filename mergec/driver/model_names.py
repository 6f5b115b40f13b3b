"""Names for models that had none: short, and telling them apart."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

_LONGEST = 40


def model_names(paths: Sequence[str], base: str | None, taken: Collection[str]) -> Mapping[str, str]:
    """A name for each path of a model. The base is `base` if there are others, called by what sets them apart.

    None of the names is `taken`.
    """
    words = {path: _words(path) for path in paths}
    shared = _shared(list(words.values())) if len(words) > 1 else 0
    names: dict[str, str] = {}
    for path, found in words.items():
        is_base = path == base and len(words) > 1
        own = "base" if is_base else "_".join(found[shared:] or found) or "model"
        names[path] = free_name(_identifier(own), {*taken, *names.values()})
    return names


def _words(path: str) -> list[str]:
    last = re.split(r"[/\\]", path.partition("@")[0].rstrip("/\\"))[-1]
    return re.findall(r"[a-z0-9]+", last.lower())


def _shared(words: Sequence[Sequence[str]]) -> int:
    """How many first words all of them have in common."""
    count = 0
    for column in zip(*words, strict=False):
        if len(set(column)) > 1:
            break
        count += 1
    return count


def _identifier(text: str) -> str:
    text = text[:_LONGEST].rstrip("_")
    return f"m_{text}" if text[:1].isdigit() else text


def free_name(name: str, used: Collection[str]) -> str:
    """The name, with a number behind it if it is in use."""
    number, free = 1, name
    while free in used:
        number += 1
        free = f"{name}_{number}"
    return free
