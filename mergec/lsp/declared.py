"""The names that a text declares, whether or not it can be parsed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from mergec.lsp.tokens import Token, statement_starts, tokenise

DECLARING = ("model", "param", "let", "merge")


@dataclass(frozen=True, slots=True)
class Declared:
    """A statement that has a name. body: all its tokens, its own word first; limit: where the next statement begins."""

    keyword: str
    name: Token
    body: tuple[Token, ...]
    limit: int

    @property
    def start(self) -> int:
        return self.body[0].start

    @property
    def end(self) -> int:
        return self.body[-1].end

    def holds(self, offset: int) -> bool:
        """Whether what is written at a place belongs to the statement."""
        return self.start <= offset < self.limit

    @property
    def reference(self) -> str | None:
        """The string of a model statement, without its quotes."""
        if self.keyword != "model":
            return None
        return next((t.text.strip('"') for t in self.body if t.kind == "text"), None)

    @property
    def parameters(self) -> tuple[Token, ...]:
        """The names between the parentheses of a function."""
        if self.keyword != "let" or len(self.body) < 3 or self.body[2].text != "(":
            return ()
        inside = self.body[3 : next((i for i, t in enumerate(self.body) if t.text == ")"), len(self.body))]
        return tuple(t for t in inside if t.kind == "name")


@lru_cache(maxsize=8)
def statements_of(text: str) -> tuple[Declared, ...]:
    """Every statement that has a name, `output` included, in the order of the text."""
    tokens = tokenise(text)
    found = []
    for first, end in pairwise((*statement_starts(text, tokens), len(tokens))):
        body = tuple(t for t in tokens[first:end] if t.kind != "comment")
        if len(body) > 1 and body[1].kind == "name" and body[0].text in (*DECLARING, "output"):
            limit = tokens[end].start if end < len(tokens) else len(text) + 1
            found.append(Declared(body[0].text, body[1], body, limit))
    return tuple(found)


def declared_in(text: str, *keywords: str) -> dict[str, Declared]:
    """The first declaration of each name, of these kinds; of all kinds if none is given."""
    found: dict[str, Declared] = {}
    for statement in statements_of(text):
        if statement.keyword in (keywords or DECLARING):
            found.setdefault(statement.name.text, statement)
    return found


def local_names(text: str, offset: int) -> dict[str, Token]:
    """The names that only the statement around a place knows: a function's parameters, and what `for` counts with."""
    around = next((s for s in statements_of(text) if s.holds(offset)), None)
    if around is None:
        return {}
    counters = (b for a, b in pairwise(around.body) if a.text == "for" and b.kind == "name")
    found: dict[str, Token] = {}
    for token in (*around.parameters, *counters):
        found.setdefault(token.text, token)
    return found
