"""A plan as JSON: the stable form, version 1, described in docs/explain.md."""

from __future__ import annotations

import json
from typing import Any

from mergec.diagnostics import Diagnostic, Span
from mergec.diagnostics.render_json import diagnostic_json
from mergec.plan.assignment import Assignment, Bound, Operand, Stored
from mergec.plan.explain.tensors import NameMatcher, name_matcher, one_line
from mergec.plan.plan import Plan

VERSION = 1


def explain_json(plan: Plan, warnings: tuple[Diagnostic, ...], patterns: tuple[str, ...] = ()) -> str:
    """The whole plan, or of its tensors those that match; the same recipe and inputs give the same text."""
    return json.dumps(_document(plan, warnings, name_matcher(patterns)), indent=1)


def _document(plan: Plan, warnings: tuple[Diagnostic, ...], shows: NameMatcher) -> dict[str, Any]:
    return {
        "version": VERSION,
        "recipe": plan.recipe.source.name,
        "plan": plan.digest,
        "output": plan.recipe.output.name,
        "seed": plan.seed,
        "models": {m.name: _model(plan, i) for i, m in enumerate(plan.catalog.models)},
        "totals": {
            "tensors": len(plan.assignments),
            "parameters": plan.parameters,
            "read_bytes": plan.traffic.read_bytes,
            "write_bytes": plan.files_bytes,
            "peak_bytes": plan.cut.peak_bytes,
            "files": len(plan.shards),
        },
        "tensors": [_tensor(plan, i) for i, a in enumerate(plan.assignments) if shows(a.name)],
        "dropped": [
            {
                "model": plan.catalog.models[d.model].name,
                "name": d.name,
                "reason": d.reason,
                "origin": _origin(d.origin),
            }
            for d in plan.dropped
        ],
        "warnings": [diagnostic_json(w) for w in warnings],
    }


def _model(plan: Plan, index: int) -> dict[str, Any]:
    opened = plan.catalog.models[index]
    return {
        "reference": opened.model.reference,
        "revision": opened.checkpoint.folder.revision,
        "tensors": len(opened.checkpoint.tensors),
        "bytes": sum(f.size_bytes for f in opened.checkpoint.files),
        "files": [f.name for f in opened.checkpoint.files],
        "donor": index == plan.recipe.output.donor,
    }


def _tensor(plan: Plan, index: int) -> dict[str, Any]:
    a = plan.assignments[index]
    return {
        "name": a.name,
        "merge": a.merge_name or None,
        "method": a.action,
        "fallback_of": _fallback_of(a),
        "dtype": a.type.dtype.code,
        "shape": list(a.type.shape),
        "layer": a.place.layer,
        "layers": a.place.layers,
        "depth": a.depth,
        "parameters": _parameters(a),
        **_parts(plan, a, set()),
        "shard": plan.places[index].file,
        "offset": plan.places[index].offset,
    }


def _fallback_of(a: Assignment) -> str | None:
    return a.fallback_of.name if a.fallback_of is not None else None


def _parts(plan: Plan, a: Assignment, seen: set[int]) -> dict[str, Any]:
    return {
        "inputs": [_operand(plan, o, seen) for o in a.operands],
        "base": _operand(plan, a.base, seen) if a.base is not None else None,
    }


def _parameters(a: Assignment) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for bound in a.bound:
        if bound.input is None:
            found[bound.name] = _bound(bound)
        else:
            found.setdefault(bound.name, []).append(_bound(bound))
    return found


def _bound(bound: Bound) -> dict[str, Any]:
    return {
        "value": bound.value,
        "origin": _origin(bound.origin),
        "shadowed": [_origin(s) for s in bound.shadowed],
    }


def _origin(span: Span | None) -> dict[str, Any] | None:
    if span is None:
        return None
    return {"file": span.source.name, "line": span.line, "column": span.column, "text": one_line(span)}


def _operand(plan: Plan, operand: Operand, seen: set[int]) -> dict[str, Any]:
    """A stored tensor, or that of an inner merge; `seen` are those that were told in full."""
    if isinstance(operand, Stored):
        return {
            "model": plan.catalog.models[operand.model].name,
            "tensor": operand.entry.name,
            "dtype": operand.entry.type.dtype.code,
            "shape": list(operand.entry.type.shape),
            "file": operand.entry.file,
            "note": operand.note or None,
        }
    told = {"merge": operand.merge_name or None, "tensor": operand.name, "method": operand.action}
    if id(operand) in seen:
        return {**told, "repeated": True}
    seen.add(id(operand))
    return {
        **told,
        "repeated": False,
        "fallback_of": _fallback_of(operand),
        "depth": operand.depth,
        "parameters": _parameters(operand),
        **_parts(plan, operand, seen),
    }
