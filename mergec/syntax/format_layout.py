"""Breaking lines: a stream of texts, possible breaks and groups becomes lines no wider than they must be.

The ways of Oppen, "Prettyprinting", TOPLAS 2(4), 1980: a group stays on one line if it fits there with what follows up
to the next possible break; else each of its own breaks is taken, and the groups in it are tried in turn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 100
INDENT = 2


@dataclass(frozen=True, slots=True)
class Put:
    """A text; `if_broken` if it is there only where the group it stands in is broken."""

    text: str
    if_broken: bool = False


@dataclass(frozen=True, slots=True)
class Break:
    """A possible new line, `steps` further in than where its brackets or its item began; `flat` if it is not taken.

    must: taken always. filling: taken only where what follows, up to the next break, does not fit.
    """

    flat: str = ""
    steps: int = 1
    must: bool = False
    filling: bool = False


@dataclass(frozen=True, slots=True)
class Begin:
    """The start of a group; until its `End`, steps are counted from the indentation of the line it starts on."""


@dataclass(frozen=True, slots=True)
class End:
    """The end of the innermost group."""


@dataclass(frozen=True, slots=True)
class Remark:
    """A comment at the end of a line. A break that must be taken follows."""

    text: str


Command = Put | Break | Begin | End | Remark


@dataclass(slots=True)
class Line:
    text: str = ""
    remark: str = ""


def lay_out(commands: Sequence[Command]) -> list[Line]:
    """The lines of a stream of commands."""
    lines = [Line()]
    indents, broken = [0], [True]
    indent = 0
    for at, command in enumerate(commands):
        match command:
            case Put(text, if_broken):
                lines[-1].text += text if broken[-1] or not if_broken else ""
            case Remark(text):
                lines[-1].remark = text
            case Begin():
                indents.append(indent)
                broken.append(broken[-1] and not _fits(commands, at, len(lines[-1].text)))
            case End():
                indents.pop()
                broken.pop()
            case Break(flat, steps, must, filling):
                if must or (broken[-1] and not (filling and _next_fits(commands, at, len(lines[-1].text)))):
                    indent = indents[-1] + INDENT * steps
                    lines.append(Line(" " * indent))
                else:
                    lines[-1].text += flat
    return lines


def _fits(commands: Sequence[Command], begin: int, column: int) -> bool:
    """Whether the group that begins there fits on the rest of its line, with what stands right behind it."""
    depth, is_inside = 0, True
    for at in range(begin, len(commands)):
        match commands[at]:
            case Begin():
                depth += 1
            case End():
                depth -= 1
                is_inside &= depth > 0
            case Put(text, if_broken):
                column += len(text) if not (if_broken and is_inside) else 0
            case Break(flat, must=must):
                if must or not is_inside:
                    return not is_inside
                column += len(flat)
        if column > WIDTH:
            return False
    return True


def _next_fits(commands: Sequence[Command], at: int, column: int) -> bool:
    """Whether what follows a break, up to the next one, fits on the same line."""
    for following in range(at, len(commands)):
        match commands[following]:
            case Put(text):
                column += len(text)
            case Break(flat):
                if following > at:
                    break
                column += len(flat)
    return column <= WIDTH


def written(lines: Sequence[Line]) -> str:
    """The text of lines, comments at the end of neighbouring ones below each other."""
    columns = [0] * len(lines)
    first = 0
    for i, line in enumerate([*lines, Line()]):
        if not line.remark:
            column = max((len(one.text) + 2 for one in lines[first:i]), default=0)
            columns[first:i] = [column] * (i - first)
            first = i + 1
    padded = (f"{line.text:<{column}}{line.remark}" for line, column in zip(lines, columns, strict=True))
    return "".join(f"{text.rstrip()}\n" for text in padded)
