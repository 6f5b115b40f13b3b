"""The canonical style of the merge language: the same words, laid out alike; comments stay where they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from mergec.syntax.format_layout import Begin, Break, Command, End, Put, Remark, lay_out, written
from mergec.syntax.format_marks import CLOSE, OPEN, Brackets, Holds, Marks, mark
from mergec.syntax.format_shapes import LONGEST_ALIGNED, Shapes, shapes_of
from mergec.syntax.format_tokens import BLANK, Token
from mergec.syntax.words import STATEMENT_TERMINALS


def formatted(tokens: Sequence[Token]) -> str:
    """The text of tokens that parse, the last of them `$END`, in the canonical style."""
    marks = mark(tokens)
    shapes = shapes_of(tokens, marks)
    writer = _Writer(tokens, marks, shapes)
    writer.align([i for i in marks.items if tokens[i].kind in STATEMENT_TERMINALS])
    for i in sorted(shapes.expanded):
        writer.align([inner for inner in marks.brackets[i].inside if inner in marks.items])
    writer.write()
    return written(lay_out(writer.commands)).strip("\n") + "\n"


@dataclass(slots=True)
class _Writer:
    """Turns tokens into commands of layout. padding: spaces before a `=`."""

    tokens: Sequence[Token]
    marks: Marks
    shapes: Shapes
    commands: list[Command] = field(default_factory=list)
    padding: dict[int, int] = field(default_factory=dict)

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
        heads = [(e, self.shapes.width(i, e - 1)) for i in run if (e := self.marks.equals.get(i)) is not None]
        widths = {e: width for e, width in heads if width is not None and width <= LONGEST_ALIGNED}
        widest = max(widths.values(), default=0)
        self.padding.update((equal, widest - width) for equal, width in widths.items())

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
            can_end_so = (
                not brackets.has_for and brackets.open not in self.shapes.rigid and self.tokens[i].kind != "COMMA"
            )
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
        if brackets.open in self.shapes.rigid:
            return Put(self.shapes.gaps[i])
        must = self.tokens[brackets.close - 1].kind == "COMMA"
        if i in (brackets.open + 1, brackets.close):
            return Break(must=must, steps=int(i != brackets.close))
        if self.tokens[i - 1].kind == "COMMA" and i in self.marks.items:
            is_list = brackets.open in self.shapes.lists
            return Break(" ", must=must and not is_list, filling=is_list)
        return Break(" ") if self.tokens[i].kind == "FOR" else self._inner(i)

    def _in_braces(self, i: int, brackets: Brackets) -> Put | Break:
        is_edge = i in (brackets.open + 1, brackets.close)
        if not is_edge and i not in self.marks.items:
            return self._inner(i)
        flat = "" if brackets.open + 1 == brackets.close else " "
        return Break(flat, must=brackets.open in self.shapes.expanded, steps=int(i != brackets.close))

    def _inner(self, i: int) -> Put | Break:
        return Break(" ") if i in self.marks.loose else Put(self.shapes.gaps[i])
