"""Everything a method plugin needs. Stable: plugins import this module and nothing else of mergec."""

from mergec.contract.architecture import Architecture
from mergec.contract.function import method
from mergec.contract.hookspecs import hookimpl
from mergec.contract.listed import MethodAt
from mergec.contract.method import (
    Arguments,
    Base,
    Blend,
    Block,
    Coefficients,
    Elementwise,
    Gram,
    Inputs,
    Measure,
    Method,
    MethodError,
    Rows,
    Situation,
    Suits,
    Whole,
)
from mergec.core.params import Param, ParamKind, Scope

__all__ = [
    "Architecture",
    "Arguments",
    "Base",
    "Blend",
    "Block",
    "Coefficients",
    "Elementwise",
    "Gram",
    "Inputs",
    "Measure",
    "Method",
    "MethodAt",
    "MethodError",
    "Param",
    "ParamKind",
    "Rows",
    "Scope",
    "Situation",
    "Suits",
    "Whole",
    "hookimpl",
    "method",
]
