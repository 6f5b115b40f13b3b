"""Writing numbers, texts and regular expressions of the merge language, so that `literals` reads the same again."""

from __future__ import annotations

from mergec.diagnostics import InternalError

_SHORT = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}


def number_text(value: int | float) -> str:
    """The shortest spelling of a number that is read as the same number, whole or not. It has no sign."""
    if value < 0 or str(value).startswith("-"):
        raise InternalError(f"{value} is a number with a sign, which is an operator in the merge language")
    return repr(value)


def integer_text(value: int | None) -> str:
    """A whole number, signed, in a selector; nothing for a bound that is left out."""
    return "" if value is None else str(value)


def string_text(value: str) -> str:
    """A text in quotes, on one line; what does not show, or must not stand in a recipe, is escaped."""
    return f'"{"".join(map(_escaped, value))}"'


def _escaped(character: str) -> str:
    if character in _SHORT or character.isprintable() or ord(character) > 0xFFFF:
        return _SHORT.get(character, character)
    return f"\\u{ord(character):04x}"


def regex_text(pattern: str) -> str:
    """A regular expression between slashes."""
    return "/" + pattern.replace("/", "\\/") + "/"
