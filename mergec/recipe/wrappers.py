"""Methods that work on the result of another merge, as in `svc(tsv(a, b, base = base))`."""

from __future__ import annotations

from mergec.contract.method import Method
from mergec.diagnostics import Code, Report, Span
from mergec.recipe.model import Merge, MethodRule, ModelUse, Node, Rule, Slice
from mergec.syntax import tree


def wrap(
    call: tree.Call,
    method: Method,
    inner: Node,
    rules: tuple[Rule, ...],
    method_rules: tuple[MethodRule, ...],
    name: str,
) -> Merge:
    """The merge of a merge's result with its inputs, relative to its base.

    The inputs of a merge that wraps another one are that one's, without its result.
    """
    assert isinstance(inner, Merge)
    place = call.arguments[0].span
    inputs = (inner, *(inner.inputs[1:] if inner.method.wraps else inner.inputs))
    span = call.function.span
    places = (place,) * (len(inputs) + 1)
    return Merge(method, span, inputs, places, inner.base, rules, method_rules, name, call.span)


def can_wrap(call: tree.Call, method: Method, inputs: tuple[Node, ...], report: Report) -> bool:
    """Whether a call gives a method that wraps a merge what it needs: one merge that has a base."""
    example = f"write `{method.name}(METHOD(a, b, base = base))`, in the merge language"
    if call.named:
        message = f"`{method.name}` takes its base from the merge it is given"
        report.error(Code.UNKNOWN_PARAMETER, message, call.named[0][0].span, "has no effect", help="leave it out")
        return False
    if len(inputs) != 1 or not isinstance(inputs[0], Merge):
        message = f"`{method.name}` works on the result of one merge, and is given {_given(inputs)}"
        _refuse(message, call, example, report)
        return False
    if inputs[0].base is None:
        what = f"`{method.name}` needs a merge with a base, and this one has none"
        _refuse(what, call, f"name it there: {example}", report, inputs[0].method_span)
        return False
    return True


def check_rules(method: Method, method_rules: tuple[MethodRule, ...], report: Report) -> bool:
    """Whether the methods that rules choose work on the same inputs as the default one."""
    for rule in method_rules:
        if rule.method.wraps is not method.wraps:
            wrapper, other = (rule.method, method) if rule.method.wraps else (method, rule.method)
            message = f"`{wrapper.name}` works on the result of a merge, and `{other.name}` on models"
            report.error(Code.WRONG_INPUTS, message, rule.span, help="a merge cannot choose between the two")
            return False
    return True


def _given(inputs: tuple[Node, ...]) -> str:
    if len(inputs) != 1:
        return f"{len(inputs)} inputs" if inputs else "none"
    match inputs[0]:
        case ModelUse():
            return "a model"
        case Slice():
            return "layers of one: take layers of the result"
        case _:
            return "a stack: stack the results"


def _refuse(message: str, call: tree.Call, help: str, report: Report, span: Span | None = None) -> None:
    report.error(Code.WRONG_INPUTS, message, span or call.function.span, help=help)
