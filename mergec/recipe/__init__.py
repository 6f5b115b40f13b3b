"""Recipes: what a tree means once every name in it is looked up."""

from mergec.core.conform import conform, is_unusual, shown
from mergec.recipe.model import (
    CardWords,
    DropRule,
    Merge,
    MethodRule,
    Model,
    ModelUse,
    Node,
    Output,
    Recipe,
    Rule,
    Slice,
    Stack,
    label,
    merges,
    model_uses,
    parts_of,
)
from mergec.recipe.resolve import resolve
from mergec.recipe.resolve_rules import check_constant
from mergec.recipe.values import At, Constant, Curve, ValueExpr, ValueProblem, constants_of, evaluate, place_in

__all__ = [
    "At",
    "CardWords",
    "Constant",
    "Curve",
    "DropRule",
    "Merge",
    "MethodRule",
    "Model",
    "ModelUse",
    "Node",
    "Output",
    "Recipe",
    "Rule",
    "Slice",
    "Stack",
    "ValueExpr",
    "ValueProblem",
    "check_constant",
    "conform",
    "constants_of",
    "evaluate",
    "is_unusual",
    "label",
    "merges",
    "model_uses",
    "parts_of",
    "place_in",
    "resolve",
    "shown",
]
