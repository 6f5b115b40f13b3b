"""What single YAML values mean in a recipe, read as mergekit's PyYAML reads them; warnings where that surprises."""

from __future__ import annotations

import math
import re

from mergec.diagnostics import Code, Report
from mergec.syntax.tree import Flag, Number, Text
from mergec.syntax.yaml_nodes import LONGEST_RESOLVED, Entry, Scalar, ScalarKind, kind_of, shown

_NUMBER = re.compile(r"\s*[-+]?([0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)([eE][-+]?[0-9]+)?\s*")
_INFINITE = re.compile(r"[-+]?\.(inf|nan)", re.IGNORECASE)
_FLAGS = {"yes": True, "true": True, "on": True, "no": False, "false": False, "off": False}
_PREFIXES = (("0b", 2), ("0x", 16), ("0", 8))


def value_of(scalar: Scalar, report: Report) -> Number | Flag | Text | None:
    """A parameter's value; None after an error in `report`."""
    match scalar.kind:
        case ScalarKind.FLAG if scalar.text.lower() in _FLAGS:
            return Flag(_FLAGS[scalar.text.lower()], scalar.span)
        case ScalarKind.FLAG:
            report.error(Code.BAD_VALUE, f"`{shown(scalar.text)}` is neither true nor false", scalar.span)
        case ScalarKind.INTEGER | ScalarKind.FLOAT:
            return _number(scalar, report)
        case ScalarKind.TEXT if len(scalar.text) > LONGEST_RESOLVED:
            what = f"a value of {len(scalar.text):,} characters is too long"
            report.error(Code.BAD_VALUE, what, scalar.span)
        case ScalarKind.TEXT if _NUMBER.fullmatch(scalar.text):
            return _number(scalar, report)
        case ScalarKind.TEXT:
            return Text(scalar.text, scalar.span)
        case ScalarKind.NULL:
            report.error(
                Code.WRONG_TYPE, "a value is missing here", scalar.span, help="write a number, or remove the key"
            )
        case ScalarKind.DATE:
            _not_text(scalar, "a value", report)
    return None


def text_of(entry: Entry, report: Report) -> Text | None:
    """The text a key has for its value; None after an error in `report`."""
    node, what = entry.value, f"`{shown(entry.key.text)}`"
    if not isinstance(node, Scalar):
        report.error(Code.WRONG_TYPE, f"{what} is text, not {kind_of(node)}", node.span)
    elif node.kind is ScalarKind.NULL:
        report.error(Code.WRONG_TYPE, f"{what} has no value", entry.place)
    elif node.kind is not ScalarKind.TEXT:
        _not_text(node, what, report)
    elif not node.text.strip():
        report.error(Code.BAD_VALUE, f"{what} is empty", node.span)
    else:
        return Text(node.text, node.span)
    return None


def _not_text(scalar: Scalar, what: str, report: Report) -> None:
    taken = f"{what} is text, but YAML takes `{shown(scalar.text)}` for {kind_of(scalar)}"
    report.error(Code.WRONG_TYPE, taken, scalar.span, help=f'quote it: "{shown(scalar.text)}"')


def _number(scalar: Scalar, report: Report) -> Number | None:
    if _INFINITE.fullmatch(scalar.text):
        report.error(Code.BAD_VALUE, f"`{scalar.text}` is not a number to merge with", scalar.span)
        return None
    try:
        value = _parsed(scalar)
        finite = math.isfinite(value)
    except (ValueError, OverflowError):
        finite = False
    if not finite:
        report.error(Code.BAD_VALUE, f"`{shown(scalar.text)}` is not a number mergec can hold", scalar.span)
        return None
    _warn_of_spelling(scalar, value, report)
    return Number(value, scalar.span)


def _parsed(scalar: Scalar) -> int | float:
    """As PyYAML constructs it; text that looks like a number becomes a float. Raises ValueError, OverflowError."""
    text = scalar.text.strip().replace("_", "").lower()
    sign = -1 if text.startswith("-") else 1
    digits = text.lstrip("+-")
    if scalar.kind is ScalarKind.TEXT:
        return float(text)
    if ":" in digits:
        return sign * _sexagesimal(digits, scalar.kind is ScalarKind.INTEGER)
    if scalar.kind is ScalarKind.FLOAT:
        return sign * float(digits)
    for prefix, base in _PREFIXES:
        if digits.startswith(prefix) and digits != "0":
            return sign * int(digits.removeprefix(prefix), base)
    return sign * int(digits)


def _sexagesimal(digits: str, whole: bool) -> int | float:
    value: int | float = 0
    for part in digits.split(":"):
        value = value * 60 + (int(part) if whole else float(part))
    return value


def _warn_of_spelling(scalar: Scalar, value: int | float, report: Report) -> None:
    digits = scalar.text.strip().lstrip("+-")
    if ":" in digits:
        why = "numbers with colons count sixties"
    elif scalar.kind is ScalarKind.INTEGER and digits.startswith("0") and digits[1:2].isdigit():
        why = "a leading zero makes a number octal"
    elif scalar.kind is ScalarKind.TEXT and scalar.plain:
        why = "to YAML 1.1 this spelling is text"
    else:
        return
    number = spelled(value)
    message = f"`{shown(scalar.text)}` is read as the number {number}"
    report.warn(Code.YAML_SPELLING, message, scalar.span, why, help=f"write `{number}`")


def spelled(value: int | float) -> str:
    """A number as every YAML reader takes it for a number: with a point before an exponent."""
    text = repr(value)
    mantissa, exponent, power = text.partition("e")
    return f"{mantissa}.0e{power}" if exponent and "." not in mantissa else text
