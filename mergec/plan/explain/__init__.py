"""Explaining a plan: as text with its t-map, as JSON, as a page, as a table, as a graph."""

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
