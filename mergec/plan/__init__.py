"""Planning: from a recipe and headers to everything a build does."""

from mergec.plan.assignment import Assignment, Bound, Dropped, How, Operand, Stored
from mergec.plan.budget import BLOCK_ELEMENTS, GRANULE_ELEMENTS, Cut, Traffic
from mergec.plan.catalog import Catalog, OpenedModel
from mergec.plan.graph import Agree, Blend, Copy, Gram, Graph, Measured, Node, Read
from mergec.plan.plan import Options, Plan, make_plan

__all__ = [
    "BLOCK_ELEMENTS",
    "GRANULE_ELEMENTS",
    "Agree",
    "Assignment",
    "Blend",
    "Bound",
    "Catalog",
    "Copy",
    "Cut",
    "Dropped",
    "Gram",
    "Graph",
    "How",
    "Measured",
    "Node",
    "OpenedModel",
    "Operand",
    "Options",
    "Plan",
    "Read",
    "Stored",
    "Traffic",
    "make_plan",
]
