"""What is wrong with a method that a plugin provides, found before any recipe uses it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from mergec.contract.method import Base, Blend, Elementwise, Inputs, Measure, Method, Rows, Suits, Whole
from mergec.core.conform import conform, shown
from mergec.core.params import Param, ParamKind, Scope
from mergec.core.words import KEYWORDS, NAME, TAKEN

DEEPEST = 8
"""The most fallbacks in a row."""

_BASES = {
    Base.NONE: (Base.NONE,),
    Base.FIRST: (Base.FIRST, Base.NONE),
    Base.SEPARATE: (Base.SEPARATE, Base.OPTIONAL),
    Base.OPTIONAL: (Base.OPTIONAL,),
}
"""Which bases a fallback may have: it gets the inputs and the base of the method that it stands in for."""


def defects_of(method: Method) -> tuple[str, ...]:
    """Clauses such as `is called "stack", a word of the language`; none if the method can be used."""
    wrong_types = tuple(_types(method))
    if wrong_types:
        return wrong_types
    return (*_name(method), *_inputs(method), *_params(method), *_pattern(method), *_fallbacks(method))


def _types(method: Method) -> Iterator[str]:
    """Types first: nothing else can be asked of values of other types."""
    fields = (
        ("name", str),
        ("summary", str),
        ("pattern", (Blend, Elementwise, Rows, Whole)),
        ("inputs", Inputs),
        ("params", tuple),
        ("base", Base),
        ("suits", (Suits, type(None))),
        ("fallback", (Method, type(None))),
        ("shade", (str, type(None))),
        ("source", str),
    )
    for field, kind in fields:
        if not isinstance(getattr(method, field), kind):
            yield f"its `{field}` is of the type {type(getattr(method, field)).__name__}"
    if isinstance(method.params, tuple):
        for param in method.params:
            if not isinstance(param, Param):
                yield f"its parameter {param!r} is not a Param"
            elif not isinstance(param.kind, ParamKind) or not isinstance(param.scope, Scope):
                yield f"its parameter `{param.name}` has a kind or a scope that is none"


def _name(method: Method) -> Iterator[str]:
    if not NAME.fullmatch(method.name):
        yield f'its name "{method.name}" cannot be written in a recipe'
    elif method.name in TAKEN:
        yield f"`{method.name}` is a word of the merge language"


def _inputs(method: Method) -> Iterator[str]:
    inputs = method.inputs
    if inputs.least < 1 or (inputs.most is not None and inputs.most < inputs.least):
        yield f"it takes {inputs} inputs"
    if method.symmetric and method.base is Base.FIRST:
        yield "it is symmetric and starts from its first input"


def _params(method: Method) -> Iterator[str]:
    names = [p.name for p in method.params]
    for name in dict.fromkeys(n for n in names if names.count(n) > 1):
        yield f"it has two parameters `{name}`"
    for param in method.params:
        yield from (f"its parameter `{param.name}` {defect}" for defect in _param(param))
    if method.shade is not None and method.shade not in names:
        yield f"it is shaded by `{method.shade}`, which is none of its parameters"


def _param(param: Param) -> Iterator[str]:
    if not NAME.fullmatch(param.name) or param.name in KEYWORDS or param.name == "method":
        yield "cannot be written in a recipe"
    if param.required and param.default is not None:
        yield "is required and has a default"
    if param.choices and param.kind is not ParamKind.TEXT:
        yield f"is a {param.kind.value} and has choices"
    if param.usual is not None and param.usual[0] > param.usual[1]:
        yield f"is usually {param.usual[0]:g} to {param.usual[1]:g}"
    if param.default is not None:
        try:
            conform(param, param.default)
        except ValueError as error:
            yield f"has the default {shown(param.default)}: it {error}"


def _pattern(method: Method) -> Iterator[str]:
    pattern = method.pattern
    if isinstance(pattern, Blend):
        if not callable(pattern.fixed):
            yield "its `fixed` is not a function"
        if pattern.of_deltas and method.base not in (Base.SEPARATE, Base.OPTIONAL):
            yield "it blends deltas and has no base beside its inputs"
        return
    if not callable(pattern.apply):
        yield "its `apply` is not a function"
    if isinstance(pattern, Whole):
        return
    for measure in (*pattern.measures, *pattern.surveys):
        if not isinstance(measure, Measure):
            yield f"its measure {measure!r} is not a Measure"


def _fallbacks(method: Method) -> Iterator[str]:
    """Every method in the chain must do with the inputs and the rules of the first."""
    own = {p.name: p for p in method.params}
    following = method.fallback
    if following is not None and method.suits is None:
        yield f"it has the fallback `{following.name}` and suits all tensors"
    for depth in count(1):
        if following is None:
            return
        if depth > DEEPEST:
            yield f"it has more than {DEEPEST} fallbacks in a row"
            return
        yield from (f"its fallback `{following.name}` {d}" for d in _stand_in(following, method, own))
        following = following.fallback


def _stand_in(fallback: Method, method: Method, own: dict[str, Param]) -> Iterator[str]:
    wrong_types = tuple(_types(fallback))
    if wrong_types:
        yield f"cannot be used: {wrong_types[0]}"
        return
    for param in fallback.params:
        known = own.get(param.name)
        if known is None:
            yield f"has a parameter `{param.name}`, which `{method.name}` has not"
        elif (known.kind, known.scope) != (param.kind, param.scope):
            yield f"has `{param.name}` as a {_form(param)}, `{method.name}` as a {_form(known)}"
    most, least = fallback.inputs.most, fallback.inputs.least
    if least > method.inputs.least or (most is not None and (method.inputs.most or most + 1) > most):
        yield f"takes {fallback.inputs} inputs, `{method.name}` {method.inputs}"
    if fallback.base not in _BASES[method.base]:
        yield f"has another base (`{fallback.base.value}`, not `{method.base.value}`)"
    if fallback.wraps is not method.wraps:
        yield "works on a merge's result" if fallback.wraps else "does not work on a merge's result"


def _form(param: Param) -> str:
    return f"{param.kind.value} {'per input' if param.scope is Scope.PER_INPUT else 'for all inputs'}"
