"""Making text safe and measurable for a terminal."""

from __future__ import annotations

from unicodedata import category, east_asian_width

TAB = 4
"""Columns that a tab is shown as."""


def visible(text: str) -> str:
    """`text` with every character that could move the cursor, hide, or reorder text replaced by a mark for it."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(glyph(character)[0] for character in text)


def glyph(character: str) -> tuple[str, int]:
    """How a character is shown, and how many columns of a terminal that takes."""
    if " " <= character <= "~":
        return character, 1
    if character == "\t":
        return " " * TAB, TAB
    if character < " ":
        return chr(0x2400 + ord(character)), 1
    kind = category(character)
    if kind in ("Cc", "Cf", "Cs", "Zl", "Zp"):
        shown = f"<U+{ord(character):04X}>"
        return shown, len(shown)
    if kind in ("Mn", "Me"):
        return character, 0
    return character, 2 if east_asian_width(character) in "WF" else 1
