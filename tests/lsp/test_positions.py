"""Places in a text, counted as clients count them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol.types import Position

from mergec.lsp.positions import Lines

TEXTS = st.text(st.sampled_from("ab\n\r é😀\u2028\x0b"), max_size=40)


@pytest.mark.parametrize(("encoding", "column"), [("utf-16", 7), ("utf-8", 12), ("utf-32", 5)])
def test_columns_are_counted_in_the_units_agreed_on(encoding: str, column: int) -> None:
    text = "x\n😀é😀ab"
    assert Lines(text, encoding).position(len(text)) == Position(1, column)


@given(TEXTS, st.sampled_from(["utf-8", "utf-16", "utf-32"]), st.data())
def test_an_offset_survives_the_way_there_and_back(text: str, encoding: str, data: st.DataObject) -> None:
    offset = data.draw(st.integers(0, len(text)))
    inside_of_a_break = text[offset - 1 : offset + 1] == "\r\n"
    lines = Lines(text, encoding)
    assert lines.offset(lines.position(offset)) == offset - inside_of_a_break


@given(TEXTS, st.integers(0, 50), st.integers(0, 50))
def test_any_position_is_a_place_in_the_text(text: str, line: int, column: int) -> None:
    assert 0 <= Lines(text).offset(Position(line, column)) <= len(text)


@pytest.mark.parametrize("text", ["ab\ncd", "ab\r\ncd", "ab\rcd"])
def test_a_position_behind_the_end_of_a_line_is_its_end(text: str) -> None:
    assert Lines(text).offset(Position(0, 99)) == 2
    assert text[Lines(text).offset(Position(1, 0)) :] == "cd"


def test_other_separators_break_no_line() -> None:
    assert Lines("a\u2028b\x0bc\x85d").position(6) == Position(0, 6)
