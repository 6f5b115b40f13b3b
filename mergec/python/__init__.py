"""Recipes in Python: the merge language with Python's operators, and the stages as functions."""

from mergec.python.models import Merge, Model, Weights, merge, model, stack, total
from mergec.python.planned import Planned
from mergec.python.recipe import Options, Recipe, build, explain, load, output, plan
from mergec.python.values import Value, curve, depth, function, layer, layers, param

__all__ = [
    "Merge",
    "Model",
    "Options",
    "Planned",
    "Recipe",
    "Value",
    "Weights",
    "build",
    "curve",
    "depth",
    "explain",
    "function",
    "layer",
    "layers",
    "load",
    "merge",
    "model",
    "output",
    "param",
    "plan",
    "stack",
    "total",
]
