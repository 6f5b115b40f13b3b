"""A document as the features see it: its text, what it includes, and the models it names."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from mergec.hooks import Plugins
from mergec.lsp.check import Checked
from mergec.lsp.declared import Declared, declared_in
from mergec.lsp.models import Models
from mergec.lsp.tokens import Token, tokenise
from mergec.plan import OpenedModel
from mergec.syntax.limits import MAX_CHARACTERS

MOST_INCLUDED = 50


@dataclass(frozen=True, slots=True)
class Definition:
    """A declared name, the text it is declared in, and the path of that text; None for the document itself."""

    declared: Declared
    text: str
    path: str | None


@dataclass(frozen=True, slots=True)
class Page:
    """A document. directory: relative paths start here. checked: the last check of this very text, if there was one."""

    text: str
    directory: str
    plugins: Plugins
    models: Models
    checked: Checked | None = None

    def definitions(self, *keywords: str) -> dict[str, Definition]:
        """The names declared here, then those of the files that are included, by these kinds of statement."""
        found = {name: Definition(d, self.text, None) for name, d in declared_in(self.text, *keywords).items()}
        for path, text in included(self.text, self.directory):
            for name, declared in declared_in(text, *keywords).items():
                found.setdefault(name, Definition(declared, text, path))
        return found

    def opened(self) -> tuple[OpenedModel, ...]:
        """The models that are declared and have been opened, each once."""
        found = (self.model(d) for d in self.definitions("model").values())
        return tuple({id(m): m for m in found if m is not None}.values())

    def model(self, definition: Definition) -> OpenedModel | None:
        """A declared model, if it has been opened."""
        reference = definition.declared.reference
        directory = self.directory if definition.path is None else os.path.dirname(definition.path)
        return self.models.at_hand(reference, directory) if reference else None


def included(text: str, directory: str) -> Iterator[tuple[str, str]]:
    """Paths and texts of the files that a text includes, and of those that they include; each once."""
    waiting = [os.path.join(directory, token.text.strip('"')) for token in include_paths(text)]
    seen: set[str] = set()
    while waiting and len(seen) < MOST_INCLUDED:
        path = os.path.abspath(waiting.pop(0))
        if os.path.realpath(path) in seen:
            continue
        seen.add(os.path.realpath(path))
        inner = _read(path)
        if inner is not None:
            yield path, inner
            waiting.extend(os.path.join(os.path.dirname(path), t.text.strip('"')) for t in include_paths(inner))


def include_paths(text: str) -> tuple[Token, ...]:
    """The strings of the include statements."""
    tokens = tokenise(text)
    return tuple(b for a, b in pairwise(tokens) if a.text == "include" and a.kind == "name" and b.kind == "text")


def _read(path: str) -> str | None:
    if not os.path.isfile(path):
        return None
    try:
        with open(path, encoding="utf-8") as file:
            return file.read(MAX_CHARACTERS)
    except (OSError, UnicodeError):
        return None
