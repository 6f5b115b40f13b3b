"""A merge method made of one plain function of whole tensors."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from inspect import Parameter
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin

from mergec.contract.method import Arguments, Base, Block, Inputs, Method, Whole
from mergec.core.params import Param, ParamKind, Scope, Value

if TYPE_CHECKING:
    from torch import Tensor

_KINDS = {float: ParamKind.NUMBER, int: ParamKind.INTEGER, bool: ParamKind.FLAG, str: ParamKind.TEXT}


def method(function: Callable[..., Tensor]) -> Method:
    """The merge method of a function such as `def median(inputs, *, share: float = 0.5)`. A decorator.

    The function gets the whole tensors of all inputs as a tuple, float32 or float64, and gives one of their shape. Its
    name is the method's, the first line of its docstring the summary. With a second parameter `base` the inputs are
    taken relative to a base; with `base=None` where one is named. Parameters after `*` are those of the method, of the
    types float, int, bool or str, or tuple[float, ...] for one value per input; without a default they must be given.
    `Annotated[float, "What it does."]` documents one.

    `dataclasses.replace` declares more of the method, such as `symmetric`. Raises TypeError for another signature.
    """
    positional, named = _split(function)
    params = tuple(_param(function, p) for p in named)
    with_base = len(positional) == 2

    def apply(block: Block) -> Tensor:
        tensors = (block.inputs, block.base) if with_base else (block.inputs,)
        return function(*tensors, **{p.name: _value(p, block.arguments) for p in params})

    base = Base.NONE
    if with_base:
        base = Base.SEPARATE if positional[1].default is Parameter.empty else Base.OPTIONAL
    summary = (inspect.getdoc(function) or "").partition("\n")[0]
    shade = next((p.name for p in params if p.kind is ParamKind.NUMBER), None)
    return Method(function.__name__, summary, Whole(apply), Inputs(1), params, base, shade=shade)


def _split(function: Callable[..., Any]) -> tuple[list[Parameter], list[Parameter]]:
    """The parameters that take tensors, and those behind the `*`."""
    positional: list[Parameter] = []
    named: list[Parameter] = []
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind in (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD):
            raise TypeError(f"`{function.__name__}` takes any arguments (`{parameter}`); name them")
        (named if parameter.kind is Parameter.KEYWORD_ONLY else positional).append(parameter)
    if [p.name for p in positional[1:]] not in ([], ["base"]):
        raise TypeError(f"`{function.__name__}` takes `inputs`, `base` at most, and after a `*` its parameters")
    if not positional:
        raise TypeError(f"`{function.__name__}` takes no inputs")
    return positional, named


def _param(function: Callable[..., Any], parameter: Parameter) -> Param:
    hint, doc = _hint(function, parameter), ""
    if get_origin(hint) is Annotated:
        hint, *notes = get_args(hint)
        doc = next((note for note in notes if isinstance(note, str)), "")
    scope = Scope.SHARED
    if get_origin(hint) is tuple and get_args(hint)[1:] == (Ellipsis,):
        hint, scope = get_args(hint)[0], Scope.PER_INPUT
    if hint not in _KINDS:
        found = "none" if hint is Parameter.empty else inspect.formatannotation(hint)
        raise TypeError(
            f"`{parameter.name}` of `{function.__name__}` needs one of the types float, int, bool and str, or "
            f"tuple[float, ...] for one value per input; it has {found}"
        )
    required = parameter.default is Parameter.empty
    default = None if required else parameter.default
    return Param(parameter.name, doc, _KINDS[hint], scope, default, required)


def _hint(function: Callable[..., Any], parameter: Parameter) -> Any:
    """The type of a parameter, evaluated by itself: those of tensors may be names that only type checkers see."""
    hint = parameter.annotation
    return eval(hint, function.__globals__) if isinstance(hint, str) else hint


def _value(param: Param, arguments: Arguments) -> Value | tuple[Value | None, ...] | None:
    return arguments.value(param.name) if param.scope is Scope.SHARED else arguments.values(param.name)
