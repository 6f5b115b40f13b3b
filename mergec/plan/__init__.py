"""Planning: from a recipe and headers to everything a build does."""

from mergec.plan.assignment import Assignment, Bound, Dropped, How, Operand, Stored
from mergec.plan.budget import BLOCK_ELEMENTS, GRANULE_ELEMENTS, Cut, Traffic
from mergec.plan.catalog import Catalog, OpenedModel
from mergec.plan.graph import Agree, Apply, Blend, Copy, Graph, Measured, Node, Part, Read, Survey
from mergec.plan.plan import Options, Plan, make_plan
from mergec.plan.scheme import Program, Schemes

__all__ = [
    "BLOCK_ELEMENTS",
    "GRANULE_ELEMENTS",
    "Agree",
    "Apply",
    "Assignment",
    "Blend",
    "Bound",
    "Catalog",
    "Copy",
    "Cut",
    "Dropped",
    "Graph",
    "How",
    "Measured",
    "Node",
    "OpenedModel",
    "Operand",
    "Options",
    "Part",
    "Plan",
    "Program",
    "Read",
    "Schemes",
    "Stored",
    "Survey",
    "Traffic",
    "make_plan",
]
