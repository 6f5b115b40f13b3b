"""The canonical style of the merge language: the same words, laid out alike; comments stay where they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from mergec.syntax.format_layout import Begin, Break, Command, End, Put, Remark, lay_out, written
from mergec.syntax.format_marks import CLOSE, ENDS_VALUE, OPEN, Brackets, Holds, Marks, mark
from mergec.syntax.format_tokens import BLANK, Token
from mergec.syntax.words import STATEMENT_TERMINALS

LONGEST_ALIGNED = 40
"""Heads of rules and statements longer than this stay out of the column of `=`."""

_LONGEST_UNBROKEN = {Holds.ARGUMENTS: 16, Holds.GROUP: LONGEST_ALIGNED, Holds.RULES: 0}
"""Brackets that hold no more characters than this are not broken, even if a line gets too long."""

_FEW = 6
_ATTACHED = frozenset({"COMMA", "DOT", "DOTS", "RPAR", "RSQB"})
_CALLED = frozenset({"NAME", "RANK"})
_INDEXED = ENDS_VALUE | {"LAYERS"}


def formatted(tokens: Sequence[Token]) -> str:
    """The text of tokens that parse, the last of them `$END`, in the canonical style."""
    marks = mark(tokens)
    writer = _Writer(tokens, marks)
    writer.align([i for i in marks.items if tokens[i].kind in STATEMENT_TERMINALS])
    for brackets in {id(b): b for b in marks.brackets.values()}.values():
        if brackets.holds is Holds.RULES and writer.is_expanded(brackets):
            writer.align([i for i in brackets.inside if i in marks.items])
    writer.write()
    return written(lay_out(writer.commands)).strip("\n") + "\n"


@dataclass(slots=True)
class _Writer:
    """Turns tokens into commands of layout. padding: spaces before a `=`."""

    tokens: Sequence[Token]
    marks: Marks
    commands: list[Command] = field(default_factory=list)
    padding: dict[int, int] = field(default_factory=dict)

    # --- widths and shapes ---

    def gap(self, i: int) -> str:
        """What stands between a token and the one before it, on one line."""
        before, token = self.tokens[i - 1], self.tokens[i]
        if token.kind in _ATTACHED:
            return " " if token.kind == "DOTS" and before.text.endswith(".") else ""
        if before.kind in ("DOT", "DOTS", "LPAR", "LSQB") or i - 1 in self.marks.signs:
            return ""
        if before.kind in {"LPAR": _CALLED, "LSQB": _INDEXED}.get(token.kind, ()):
            return ""
        is_tight = {i - 1, i} <= self.marks.tight and before.kind != "COMMA"
        return "" if is_tight and not (self._is_word(before) and self._is_word(token)) else " "

    @staticmethod
    def _is_word(token: Token) -> bool:
        return token.text[-1:].isalnum() or token.text.endswith(("_", '"'))

    def width(self, first: int, last: int) -> int | None:
        """How wide tokens are on one line; None if a comment is between them."""
        inner = self.tokens[first + 1 : last + 1]
        if any(t.after for t in self.tokens[first:last]) or any(t.comments for t in inner):
            return None
        return sum(len(t.text) for t in self.tokens[first : last + 1]) + sum(
            len(self.gap(i)) for i in range(first + 1, last + 1)
        )

    def is_expanded(self, brackets: Brackets) -> bool:
        """Whether braces hold one rule a line: where there are several, or they were written so."""
        items = sum(i in self.marks.items for i in brackets.inside)
        return items > 1 or (items == 1 and self.tokens[brackets.open + 1].breaks)

    def is_rigid(self, brackets: Brackets) -> bool:
        """Whether brackets are never broken."""
        width = self.width(brackets.open, brackets.close)
        is_small = width is not None and width - 2 <= _LONGEST_UNBROKEN[brackets.holds]
        return brackets.open + 1 == brackets.close or (is_small and not self._ends_in_comma(brackets))

    def _ends_in_comma(self, brackets: Brackets) -> bool:
        return self.tokens[brackets.close - 1].kind == "COMMA"

    def is_list(self, brackets: Brackets) -> bool:
        """Whether brackets hold many numbers, of which as many as fit stand on a line."""
        items = [(i, self.marks.items[i]) for i in brackets.inside if i in self.marks.items]
        plain = all(last - first <= (first in self.marks.signs) for first, last in items)
        return plain and len(items) > _FEW and brackets.holds is Holds.ARGUMENTS

    def align(self, items: Sequence[int]) -> None:
        """Put the `=` of neighbouring items below each other; blank lines and other statements part them."""
        run: list[int] = []
        for i in [*items, -1]:
            parted = i < 0 or BLANK in self.tokens[i].before or (run and self._kind(run[-1]) != self._kind(i))
            if parted:
                self._pad(run)
                run = []
            run.append(i)

    def _kind(self, item: int) -> str:
        return self.tokens[item].kind

    def _pad(self, run: Sequence[int]) -> None:
        heads = [(e, self.width(i, e - 1)) for i in run if (e := self.marks.equals.get(i)) is not None]
        widths = {e: width for e, width in heads if width is not None and width <= LONGEST_ALIGNED}
        for equal, width in widths.items():
            self.padding[equal] = max(widths.values()) - width

    # --- writing ---

    def write(self) -> None:
        """All tokens, each after what parts it from the one before."""
        opened: list[Brackets] = []
        ends: list[int] = []
        for i, token in enumerate(self.tokens):
            self._part(i, opened)
            if token.kind in CLOSE:
                opened.pop()
            if i in self.marks.items:
                self.commands.append(Begin())
                ends.append(self.marks.items[i])
            if token.kind in OPEN:
                self.commands.append(Begin())
                opened.append(self.marks.brackets[i])
            self.commands.append(Put(" " * self.padding.get(i, 0) + token.text))
            if token.kind in CLOSE:
                self.commands.append(End())
            while ends and ends[-1] == i:
                self.commands.append(End())
                ends.pop()
            self._end_list(i, opened)
            if token.after is not None:
                self.commands.append(Remark(token.after))

    def _end_list(self, i: int, opened: Sequence[Brackets]) -> None:
        """A comma behind the last argument, if arguments stand on lines of their own."""
        brackets = opened[-1] if opened else None
        if brackets is not None and brackets.close == i + 1 and brackets.holds is Holds.ARGUMENTS:
            can_end_so = not brackets.has_for and not self.is_rigid(brackets) and self.tokens[i].kind != "COMMA"
            self.commands += [Put(",", if_broken=True)] if can_end_so and i != brackets.open else []

    def _part(self, i: int, opened: Sequence[Brackets]) -> None:
        token = self.tokens[i]
        between = self._between(i, opened)
        steps = between.steps if isinstance(between, Break) else 1
        has_comments = bool(token.comments) or (i > 0 and self.tokens[i - 1].after is not None)
        if isinstance(between, Break) and (between.must or has_comments):
            inner = 1 if opened else 0
            for line in self._lines_before(i, opened):
                self.commands += [Break(must=True, steps=inner), Put(line)]
            self.commands.append(Break(must=True, steps=steps))
        elif has_comments:
            for line in token.comments:
                self.commands += [Break(must=True), Put(line)]
            self.commands.append(Break(must=True))
        else:
            self.commands.append(between)

    def _lines_before(self, i: int, opened: Sequence[Brackets]) -> tuple[str, ...]:
        """Comments, and the blank lines that stay: between statements, rules and their comments."""
        token = self.tokens[i]
        is_edge = i in self.marks.items or token.kind in ("RBRACE", "$END")
        if not is_edge or (opened and opened[-1].holds is not Holds.RULES):
            return token.comments
        lines = list(token.before)
        if lines and lines[0] == BLANK and opened and i == opened[-1].open + 1:
            del lines[0]
        if lines and lines[-1] == BLANK and token.kind in ("RBRACE", "$END"):
            del lines[-1]
        return tuple(lines)

    def _between(self, i: int, opened: Sequence[Brackets]) -> Put | Break:
        """What parts a token from the one before it, but for comments."""
        if not opened:
            is_statement = i in self.marks.items or self.tokens[i].kind == "$END"
            return Break(must=True, steps=0) if is_statement else self._inner(i)
        brackets = opened[-1]
        if brackets.holds is Holds.RULES:
            return self._in_braces(i, brackets)
        if self.is_rigid(brackets):
            return Put(self.gap(i))
        must = self._ends_in_comma(brackets)
        if i in (brackets.open + 1, brackets.close):
            return Break(must=must, steps=int(i != brackets.close))
        if self.tokens[i - 1].kind == "COMMA" and i in self.marks.items:
            is_list = self.is_list(brackets)
            return Break(" ", must=must and not is_list, filling=is_list)
        return Break(" ") if self.tokens[i].kind == "FOR" else self._inner(i)

    def _in_braces(self, i: int, brackets: Brackets) -> Put | Break:
        is_edge = i in (brackets.open + 1, brackets.close)
        if not is_edge and i not in self.marks.items:
            return self._inner(i)
        flat = "" if brackets.open + 1 == brackets.close else " "
        return Break(flat, must=self.is_expanded(brackets), steps=int(i != brackets.close))

    def _inner(self, i: int) -> Put | Break:
        return Break(" ") if i in self.marks.loose else Put(self.gap(i))
