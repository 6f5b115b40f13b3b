"""A plan as a table for spreadsheets and data frames: one line per output tensor, described in docs/explain.md."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from mergec.diagnostics import Span
from mergec.plan.assignment import Assignment, Bound, Operand, Stored
from mergec.plan.explain.labels import Labels
from mergec.plan.explain.tensors import name_matcher
from mergec.plan.plan import Plan

COLUMNS = (
    "tensor",
    "merge",
    "method",
    "fallback_of",
    "dtype",
    "shape",
    "layer",
    "depth",
    "parameters",
    "set_at",
    "inputs",
    "base",
    "file",
    "offset",
    "bytes",
)


def explain_csv(plan: Plan, patterns: tuple[str, ...] = ()) -> str:
    """The tensors whose names match, under a line of headings; without a line break at the end."""
    shows = name_matcher(patterns)
    labels = Labels.of(plan.catalog)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for a, place in zip(plan.assignments, plan.places, strict=True):
        if shows(a.name):
            writer.writerow((*_what(a), *_from(a, labels), place.file, place.offset, place.type.nbytes))
    return text.getvalue().rstrip("\n")


def _what(a: Assignment) -> Iterable[object]:
    yield a.name
    yield a.merge_name
    yield a.action
    yield a.fallback_of.name if a.fallback_of is not None else ""
    yield a.type.dtype.code
    yield "x".join(map(str, a.type.shape))
    yield "" if a.place.layer is None else a.place.layer
    yield "" if a.depth is None else repr(a.depth)


def _from(a: Assignment, labels: Labels) -> Iterable[str]:
    names = labels.inputs(a)
    yield "; ".join(_value(b, names) for b in a.bound if b.value is not None)
    yield "; ".join(dict.fromkeys(_place(b.origin) for b in a.bound if b.origin is not None))
    yield "; ".join(_source(o, labels) for o in a.operands)
    yield "" if a.base is None else _source(a.base, labels)


def _value(bound: Bound, names: tuple[str, ...]) -> str:
    value = str(bound.value).lower() if isinstance(bound.value, bool) else bound.value
    return f"{bound.name}={value}" if bound.input is None else f"{names[bound.input]}.{bound.name}={value}"


def _place(span: Span) -> str:
    return f"{span.line}:{span.column}"


def _source(operand: Operand, labels: Labels) -> str:
    tensor = operand.entry.name if isinstance(operand, Stored) else operand.name
    name = labels.names[operand.model] if isinstance(operand, Stored) else labels.operand(operand)
    return f"{name}:{tensor}"
