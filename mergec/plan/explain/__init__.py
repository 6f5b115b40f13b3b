"""Explaining a plan: as text with its t-map, as JSON, as a page, as a table, as a graph; each loaded when used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mergec.plan.explain.as_csv import explain_csv
    from mergec.plan.explain.as_html import explain_html
    from mergec.plan.explain.as_json import explain_json
    from mergec.plan.explain.as_text import explain_text
    from mergec.plan.explain.operations import graph_text
    from mergec.plan.explain.tensors import name_matcher, tensors_text
    from mergec.plan.explain.totals import memory_text, totals_text

__all__ = [
    "explain_csv",
    "explain_html",
    "explain_json",
    "explain_text",
    "graph_text",
    "memory_text",
    "name_matcher",
    "tensors_text",
    "totals_text",
]

_HOMES = {
    "explain_csv": "as_csv",
    "explain_html": "as_html",
    "explain_json": "as_json",
    "explain_text": "as_text",
    "graph_text": "operations",
    "memory_text": "totals",
    "name_matcher": "tensors",
    "tensors_text": "tensors",
    "totals_text": "totals",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module `{__name__}` has no `{name}`")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
