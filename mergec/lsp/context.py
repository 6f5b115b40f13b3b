"""What could be written at a place, told from the words and brackets before it.

The text need not parse: only the statement that holds the place is looked at, from its first word on.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

from mergec.lsp.tokens import Token, statement_starts, tokenise
from mergec.recipe.resolve_rules import METHOD
from mergec.syntax.words import KEYWORDS, STATEMENTS


class Where(Enum):
    """What kind of thing a place is for."""

    STATEMENT = "a statement"
    MODELS = "a model, a merge or a method"
    NUMBERS = "a number"
    RULE = "the beginning of a rule"
    OWNED = "a parameter, after the input it is set for"
    METHOD = "the name of a method"
    SELECTOR = "a selector"
    SETTING = "a setting of the output"
    SETTING_VALUE = "the value of a setting"
    MERGES = "the name of a merge"
    TEXT = "inside of a string"
    NOTHING = "nothing that has a name"


class Bracket(Enum):
    """What an open bracket holds."""

    CALL = "arguments"
    GROUP = "a value in parentheses"
    RANGE = "a range"
    RULES = "rules"
    SELECTOR = "a selector"
    SETTINGS = "settings"


@dataclass(slots=True)
class Frame:
    """An open bracket.

    function: of which call, for arguments and rules. inputs: names of the models among the arguments.
    commas: how many stand before the place. left: for rules and settings, the tokens of the current one before its `=`;
    in_value: whether that `=` stands before the place.
    """

    bracket: Bracket
    function: str = ""
    inputs: list[str] = field(default_factory=list)
    commas: int = 0
    left: list[Token] = field(default_factory=list)
    in_value: bool = False


@dataclass(frozen=True, slots=True)
class Context:
    """A place in a text.

    token: what the cursor is in or touches, if that is a name, a string or a regular expression. before: the tokens of
    the statement that stand before the place, `token` left out. frames: the open brackets, the innermost last.
    """

    where: Where
    token: Token | None
    before: tuple[Token, ...]
    frames: tuple[Frame, ...]

    @property
    def statement(self) -> str:
        """The word that begins the statement; empty if there is none."""
        return self.before[0].text if self.before and self.before[0].text in STATEMENTS else ""

    def frame(self, *brackets: Bracket) -> Frame | None:
        """The innermost open bracket of these kinds."""
        return next((f for f in reversed(self.frames) if f.bracket in brackets), None)

    @property
    def in_selector(self) -> bool:
        return bool(self.frames) and self.frames[-1].bracket is Bracket.SELECTOR

    @property
    def subject(self) -> str:
        """The parameter or setting whose value or selector the place is in; empty if there is none."""
        frame = self.frame(Bracket.RULES, Bracket.SETTINGS)
        names = [t for t in frame.left if t.kind == "name"] if frame is not None else []
        return names[-1].text if names else ""


def context_at(text: str, offset: int) -> Context:
    """What a place is for."""
    tokens = tokenise(text)
    starts = statement_starts(text, tokens)
    begun = bisect_right(tokens, offset, key=lambda t: t.start)
    token = _touched(tokens[max(0, begun - 2) : begun], offset)
    before = tokens[: bisect_left(tokens, offset if token is None else token.start, key=lambda t: t.start)]
    first = starts[at - 1] if (at := bisect_right(starts, len(before) - 1)) else 0
    plain = tuple(t for t in before[first:] if t.kind != "comment")
    frames = tuple(_open_frames(plain))
    return _placed(Context(Where.NOTHING, token, plain, frames))


def _touched(near: Sequence[Token], offset: int) -> Token | None:
    """Of two tokens the one a cursor is in; at the edge between them the word that ends there, or else begins there."""
    for token in near:
        if token.holds(offset) or (token.kind in ("name", "number") and token.end == offset):
            return token
    return next((t for t in near if t.kind == "name" and t.start == offset), None)


def _open_frames(tokens: Sequence[Token]) -> list[Frame]:
    stack: list[Frame] = []
    closed: Frame | None = None
    for i, token in enumerate(tokens):
        previous = tokens[i - 1] if i else None
        if token.kind == "sign" and token.text in "([{":
            stack.append(_opened(token.text, previous, tokens[0].text, stack, closed))
        elif token.kind == "sign" and token.text in ")]}":
            closed = stack.pop() if stack else None
        elif stack:
            _inside(stack[-1], token, previous)
    return stack


def _opened(sign: str, previous: Token | None, statement: str, stack: list[Frame], closed: Frame | None) -> Frame:
    outer = stack[-1] if stack else None
    is_name = previous is not None and previous.kind == "name" and previous.text not in KEYWORDS
    if sign == "{":
        if statement == "output":
            return Frame(Bracket.SETTINGS)
        call = closed or Frame(Bracket.CALL)
        return Frame(Bracket.RULES, call.function, call.inputs)
    if sign == "[":
        on_left = outer is not None and outer.bracket is Bracket.RULES and not outer.in_value
        return Frame(Bracket.SELECTOR if on_left else Bracket.RANGE)
    if outer is not None and outer.bracket is Bracket.SELECTOR:
        return Frame(Bracket.RANGE if is_name else Bracket.SELECTOR)
    if is_name and previous is not None:
        return Frame(Bracket.CALL, previous.text)
    return Frame(Bracket.GROUP)


def _inside(frame: Frame, token: Token, previous: Token | None) -> None:
    """Take note of a token that is no bracket, in the innermost open one."""
    match frame.bracket:
        case Bracket.CALL:
            if token.text == ",":
                frame.commas += 1
            elif token.text == "=" and frame.inputs:
                frame.inputs.pop()
            elif token.kind == "name" and previous is not None and previous.text in "(,":
                frame.inputs.append(token.text)
        case Bracket.RULES | Bracket.SETTINGS:
            if token.text == "=":
                frame.in_value = True
            elif frame.in_value and token.kind == "name" and ends_value(previous):
                frame.in_value, frame.left = False, [token]
            elif not frame.in_value:
                frame.left.append(token)


def ends_value(token: Token | None) -> bool:
    """Whether a value can end with a token."""
    if token is None:
        return False
    return token.text in (")", "]", "}") or (token.kind != "sign" and (token.text not in KEYWORDS - {"true", "false"}))


# --- what a place is for ---------------------------------------------------------------------------------------------


def _placed(context: Context) -> Context:
    token = context.token
    if token is not None and token.kind == "text":
        return replace(context, where=Where.TEXT)
    if (token is not None and token.kind != "name") or (context.before and context.before[-1].text == "for"):
        return context
    where = _in_frame(context) if context.frames else _in_statement(context)
    return replace(context, where=where)


def _in_statement(context: Context) -> Where:
    last = context.before[-1] if context.before else None
    if last is None or not context.statement:
        return Where.STATEMENT
    is_given = any(t.text == "=" for t in context.before)
    if context.statement == "output" and len(context.before) == 1:
        return Where.MERGES
    if ends_value(last) and (is_given or context.statement in ("output", "requires", "include")):
        return Where.STATEMENT if len(context.before) > 1 else Where.NOTHING
    return _value(context) if is_given else Where.NOTHING


def _in_frame(context: Context) -> Where:
    frame, last = context.frames[-1], context.before[-1]
    match frame.bracket:
        case Bracket.SELECTOR:
            return Where.NOTHING if ends_value(last) and last.text != "[" else Where.SELECTOR
        case Bracket.RULES | Bracket.SETTINGS:
            return _in_braces(context, frame, last)
        case _:
            return Where.NOTHING if ends_value(last) else _value(context)


def _in_braces(context: Context, frame: Frame, last: Token) -> Where:
    is_rule = frame.bracket is Bracket.RULES
    if frame.in_value and not ends_value(last):
        if not is_rule:
            return Where.SETTING_VALUE
        return Where.METHOD if context.subject == METHOD else Where.NUMBERS
    if not frame.in_value and frame.left:
        return Where.OWNED if last.text == "." else Where.NOTHING
    return Where.RULE if is_rule else Where.SETTING


def _value(context: Context) -> Where:
    """A value that is not the whole of a rule's: of models in a merge, of numbers everywhere else."""
    if not any(t.text == "=" for t in context.before):
        return Where.NOTHING
    inner = context.frame(Bracket.RULES, Bracket.RANGE, Bracket.SETTINGS)
    if inner is not None and inner.bracket is Bracket.SETTINGS:
        return Where.SETTING_VALUE
    if inner is not None or context.statement in ("let", "param"):
        return Where.NUMBERS
    return Where.NOTHING if context.statement == "model" else Where.MODELS
