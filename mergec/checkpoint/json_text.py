"""JSON objects from untrusted files."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable


class BadJson(ValueError):
    """The bytes are no JSON object; the message is a predicate, such as "is not UTF-8"."""


def parse_object(raw: bytes, number: Callable[[str], object] | None = None) -> dict[str, object]:
    """The JSON object in `raw`, which may hold no key twice. Raises BadJson.

    number: is given the text of each integer in place of `int`; other numbers are then refused.
    """
    try:
        text = raw.decode("utf-8")
        table = _parse(text, number)
    except UnicodeDecodeError as error:
        raise BadJson("is not UTF-8") from error
    except RecursionError as error:
        raise BadJson("is nested too deeply") from error
    except json.JSONDecodeError as error:
        raise BadJson(f"is not JSON: {error.msg} at line {error.lineno}, column {error.colno}") from error
    if not isinstance(table, dict):
        raise BadJson("is not a JSON object")
    return table


def shown(value: object) -> str:
    """A value from a file as messages show it: escaped, and cut where it is long."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:60]}…{text[-16:]}"


def _parse(text: str, number: Callable[[str], object] | None) -> object:
    if number is None:
        return json.loads(text, object_pairs_hook=_unique, parse_int=_bounded)
    return json.loads(
        text, object_pairs_hook=_unique, parse_int=number, parse_float=_no_integer, parse_constant=_no_integer
    )


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    table = dict(pairs)
    if len(table) < len(pairs):
        repeated = Counter(key for key, _ in pairs).most_common(1)[0][0]
        raise BadJson(f"has the key {shown(repeated)} more than once in one object")
    return table


def _bounded(digits: str) -> int:
    # int() refuses more than 4300 digits with an error that is not JSON's.
    if len(digits) > 400:
        raise BadJson(f"has a number of {len(digits)} digits")
    return int(digits)


def _no_integer(text: str) -> object:
    raise BadJson(f"has {shown(text)} where a size belongs")
