"""From assignments to the graph of tensor operations."""

from __future__ import annotations

from math import isfinite

from mergec.contract.method import Arguments, Coefficients, Method, MethodError, Pattern
from mergec.contract.method import Blend as BlendPattern
from mergec.core.params import Scope, Value
from mergec.core.tensor import TensorType
from mergec.diagnostics import Code, Report, Span
from mergec.plan.assignment import Assignment, Bound, How, Operand, Stored
from mergec.plan.graph import Agree, Blend, Builder, Copy, Gram, Graph, Measured, Read


def lower(assignments: tuple[Assignment, ...], report: Report) -> Graph:
    """The graph that makes every assignment, in order. A method that refuses its arguments is reported."""
    builder = Builder()
    outputs = [_lower(a, builder, report) for a in assignments]
    return builder.finish(outputs)


def _lower(operand: Operand, builder: Builder, report: Report) -> int:
    if isinstance(operand, Stored):
        return builder.add(Read(operand.model, operand.entry), (), operand.entry.type)
    inputs = [_lower(o, builder, report) for o in operand.operands]
    if operand.base is not None:
        inputs.append(_lower(operand.base, builder, report))
    if operand.how is How.AGREE:
        return builder.add(Agree(), inputs, operand.type)
    if operand.method is None or operand.method.takes_as_is(len(operand.operands)):
        return _taken(inputs[0], operand.type, builder)
    return _merged(operand, operand.method, inputs, builder, report)


def _taken(source: int, type: TensorType, builder: Builder) -> int:
    """A tensor as it is, or only rounded to another type."""
    if builder.nodes[source].type == type:
        return builder.add(Copy(), (source,), type)
    return builder.add(Blend((1.0,)), (source,), type)


def _merged(assignment: Assignment, method: Method, inputs: list[int], builder: Builder, report: Report) -> int:
    pattern = method.pattern
    if not isinstance(pattern, BlendPattern):
        _refuse_pattern(method, pattern, assignment.method_origin, report)
        return builder.add(Copy(), inputs[:1], assignment.type)
    if method.idempotent and len(set(inputs)) == 1:
        return _taken(inputs[0], assignment.type, builder)
    arguments = arguments_of(method, assignment.bound, len(assignment.operands))
    origin = _origin(assignment)
    try:
        fixed = _fixed(pattern, len(assignment.operands), arguments)
    except MethodError as error:
        _refuse_arguments(assignment, method, error, report)
        return builder.add(Copy(), inputs[:1], assignment.type)
    except (Exception, SystemExit) as error:
        _blame(assignment, method, error, report)
        return builder.add(Copy(), inputs[:1], assignment.type)
    if fixed is not None:
        return builder.add(Blend(fixed, pattern.of_deltas), inputs, assignment.type, origin)
    gram = builder.add(Gram(pattern.of_deltas, pattern.rows), inputs, None)
    measured = builder.add(Measured(method, arguments), (gram,), None, origin)
    return builder.add(Blend(None, pattern.of_deltas), (measured, *inputs), assignment.type)


def _fixed(pattern: BlendPattern, count: int, arguments: Arguments) -> Coefficients | None:
    """The coefficients that need no look at the tensors. Raises whatever the method raises, ValueError for nonsense."""
    fixed = pattern.fixed(count, arguments)
    if fixed is None:
        if pattern.measured is None and pattern.measured_rows is None:
            raise ValueError("it gives no coefficients and cannot measure")
        return None
    coefficients = tuple(float(c) for c in fixed)
    if len(coefficients) != count:
        raise ValueError(f"it gives {len(coefficients)} coefficients for {count} inputs")
    if not all(map(isfinite, coefficients)):
        raise ValueError("it gives coefficients that are not finite numbers")
    return coefficients


def _blame(assignment: Assignment, method: Method, error: BaseException, report: Report) -> None:
    report.error(
        Code.PLUGIN_FAILED,
        f"the method `{method.name}` fails: {type(error).__name__}: {error}",
        assignment.method_origin,
        help=f"`mergec methods {method.name}` says who provides it",
    )


def arguments_of(method: Method, bound: tuple[Bound, ...], count: int) -> Arguments:
    """The bound parameters in the form that methods take them."""
    shared: list[tuple[str, Value | None]] = []
    per_input: list[tuple[str, tuple[Value | None, ...]]] = []
    for param in method.params:
        own = [b for b in bound if b.name == param.name]
        if param.scope is Scope.SHARED:
            shared.append((param.name, own[0].value))
        else:
            values = {b.input: b.value for b in own}
            per_input.append((param.name, tuple(values.get(i) for i in range(count))))
    return Arguments(tuple(shared), tuple(per_input))


def _origin(assignment: Assignment) -> Span | None:
    """The rule that decided the method's most telling parameter."""
    shade = assignment.method.shade if assignment.method else None
    return next((b.origin for b in assignment.bound if b.name == shade), None)


def _refuse_pattern(method: Method, pattern: Pattern, span: Span | None, report: Report) -> None:
    kind = type(pattern).__name__.lower()
    report.error(
        Code.NOT_SUPPORTED,
        f"`{method.name}` is {kind}: this version of mergec runs blend methods only",
        span,
        help="choose another method, or a newer mergec",
    )


def _refuse_arguments(assignment: Assignment, method: Method, error: MethodError, report: Report) -> None:
    """Once for each rule and message, whatever the number of tensors."""
    rule = next((b.origin for b in assignment.bound if b.name == error.parameter and b.origin), None)
    message, span = f"`{method.name}`: {error}", rule or assignment.method_origin
    if all(d.message != message or d.span != span for d in report.diagnostics):
        report.error(Code.BAD_VALUE, message, span, notes=(f"for example in `{assignment.name}`",))
