"""Whether a value suits a parameter."""

from __future__ import annotations

from math import isfinite

from mergec.core.params import Param, ParamKind, Value


def conform(param: Param, value: Value) -> Value:
    """The value as the parameter's kind. Raises ValueError with a clause such as `expects a number, not "x"`."""
    match param.kind:
        case ParamKind.FLAG:
            if isinstance(value, bool) or value in (0, 1):
                return bool(value)
            raise ValueError(f"expects true or false, not {shown(value)}")
        case ParamKind.TEXT:
            return _text(param, value)
        case ParamKind.INTEGER:
            if not isinstance(value, str) and isfinite(value) and value == int(value):
                return _bounded(param, int(value))
            raise ValueError(f"expects a whole number, not {shown(value)}")
        case ParamKind.NUMBER:
            return _bounded(param, _number(value))


def shown(value: Value) -> str:
    """A value as a recipe would write it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f'"{value}"' if isinstance(value, str) else f"{value:.6g}"


def is_unusual(param: Param, value: Value) -> bool:
    """True if the value is allowed but outside the range that the method is made for."""
    if param.usual is None or isinstance(value, str):
        return False
    return not param.usual[0] <= value <= param.usual[1]


def _number(value: Value) -> float:
    try:
        number = float(value)
    except ValueError:
        raise ValueError(f"expects a number, not {shown(value)}") from None
    if not isfinite(number):
        raise ValueError(f"expects a finite number, not {shown(value)}")
    return number


def _bounded(param: Param, value: float) -> float:
    if not param.holds(value):
        raise ValueError(f"must be {param.bounds}, not {shown(value)}")
    return value


def _text(param: Param, value: Value) -> str:
    if not isinstance(value, str):
        raise ValueError(f"expects a text, not {shown(value)}")
    if param.choices and value not in param.choices:
        raise ValueError(f"expects one of {', '.join(param.choices)}, not {shown(value)}")
    return value
