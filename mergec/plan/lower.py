"""From assignments to the graph of tensor operations."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field, replace
from math import isfinite

from mergec.contract.method import Arguments, Coefficients, Method, MethodError, Pattern, Situation
from mergec.contract.method import Blend as BlendPattern
from mergec.contract.randomness import stream_key
from mergec.core.dtype import DType
from mergec.core.params import Scope, Value
from mergec.core.sums import total
from mergec.core.tensor import TensorType
from mergec.diagnostics import Code, Report, Span
from mergec.plan.assignment import Assignment, Bound, How, Operand, Stored, stored_operands
from mergec.plan.graph import Agree, Apply, Blend, Builder, Copy, Graph, Measured, Part, Read, Survey, surveys_of


def lower(assignments: tuple[Assignment, ...], seed: int, report: Report) -> Graph:
    """The graph that makes every assignment, in order. A method that refuses its arguments is reported."""
    lowering = _Lowering(seed, report)
    for assignment in assignments:
        lowering.collect(assignment)
    outputs = [lowering.output(a) for a in assignments]
    return lowering.builder.finish(outputs)


@dataclass(slots=True)
class _Lowering:
    seed: int
    report: Report
    builder: Builder = field(default_factory=Builder)
    groups: dict[Hashable, list[Assignment]] = field(default_factory=dict)
    surveys: dict[Hashable, int] = field(default_factory=dict)
    collected: set[int] = field(default_factory=set)
    chosen: dict[Hashable, tuple[Arguments, Pattern]] = field(default_factory=dict)
    blends: dict[tuple[int, int, int], Blend | None] = field(default_factory=dict)

    def collect(self, assignment: Assignment) -> None:
        """Note the assignments whose method looks at all of its tensors first."""
        if id(assignment) in self.collected:
            return
        self.collected.add(id(assignment))
        for inner in (*assignment.operands, assignment.base):
            if isinstance(inner, Assignment):
                self.collect(inner)
        method = assignment.method
        if method is not None and (method.choose is not None or not isinstance(method.pattern, BlendPattern)):
            self.groups.setdefault(_group(assignment), []).append(assignment)

    def output(self, assignment: Assignment) -> int:
        """The node of an output tensor."""
        if assignment.how is How.AGREE:
            return self.builder.add(Agree(), self._inputs(assignment), assignment.type)
        if assignment.how is How.COPY or assignment.method is None:
            return self._taken(self._operand(assignment.operands[0]), assignment.type)
        return self._merged(assignment, assignment.method, assignment.type)

    def _operand(self, operand: Operand) -> int:
        """The node of a tensor that others are made of: a stored one, or one that is never rounded."""
        if isinstance(operand, Stored):
            return self.builder.read(operand.model, operand.entry)
        if operand.method is None:
            return self._operand(operand.operands[0])
        wide = any(s.entry.type.dtype.bits > 16 for s in stored_operands(operand))
        type = TensorType(DType.F64 if wide else DType.F32, operand.type.shape)
        return self._merged(operand, operand.method, type)

    def _inputs(self, assignment: Assignment) -> list[int]:
        inputs = [self._operand(o) for o in assignment.operands]
        return inputs if assignment.base is None else [*inputs, self._operand(assignment.base)]

    def _taken(self, source: int, type: TensorType) -> int:
        """A tensor as it is, or only rounded to another type."""
        node = self.builder.nodes[source]
        if node.type == type:
            return self.builder.add(Copy(), (source,), type) if isinstance(node.op, Read) else source
        return self.builder.add(Blend((1.0,)), (source,), type)

    def _merged(self, assignment: Assignment, method: Method, type: TensorType) -> int:
        inputs = self._inputs(assignment)
        count = len(assignment.operands)
        if method.takes_as_is(count) or (method.idempotent and len(set(inputs)) == 1):
            return self._taken(inputs[0], type)
        try:
            arguments, pattern = self._chosen(assignment, method)
            if isinstance(pattern, BlendPattern) and not pattern.of_deltas:
                inputs = inputs[:count]
            if isinstance(pattern, BlendPattern) and not pattern.rows:
                return self._blend(assignment, method, pattern, arguments, inputs, type)
            return self._apply(assignment, method, pattern, arguments, inputs, type)
        except MethodError as error:
            _refuse_arguments(assignment, method, error, self.report)
            return self._taken(inputs[0], type)
        except (Exception, SystemExit) as error:
            _blame(assignment, method, error, self.report)
            return self._taken(inputs[0], type)

    def _chosen(self, assignment: Assignment, method: Method) -> tuple[Arguments, Pattern]:
        """The arguments of a method and what it makes of them; the same objects for tensors with the same values."""
        count, has_base, shape = len(assignment.operands), assignment.base is not None, assignment.type.shape
        key = (id(method), id(assignment.bound), count, has_base, shape)
        if key not in self.chosen:
            arguments = arguments_of(method, assignment.bound, count)
            self.chosen[key] = arguments, method.pattern_for(Situation(arguments, count, has_base, shape))
        return self.chosen[key]

    def _blend(
        self,
        assignment: Assignment,
        method: Method,
        pattern: BlendPattern,
        arguments: Arguments,
        inputs: list[int],
        type: TensorType,
    ) -> int:
        count = len(assignment.operands)
        key = (id(pattern), id(arguments), count)
        if key not in self.blends:
            fixed = _fixed(pattern, count, arguments)
            self.blends[key] = None if fixed is None else Blend((*fixed, *_of_base(fixed, pattern.of_deltas)))
        op = self.blends[key] or Measured(method, pattern, arguments)
        return self.builder.add(op, inputs, type, _origin(assignment))

    def _apply(
        self,
        assignment: Assignment,
        method: Method,
        pattern: Pattern,
        arguments: Arguments,
        inputs: list[int],
        type: TensorType,
    ) -> int:
        origin = _origin(assignment)
        has_base = len(inputs) > len(assignment.operands)
        apply = Apply(method, pattern, arguments, assignment.name, has_base, self._keys(assignment, method))
        if not surveys_of(apply):
            return self.builder.add(apply, inputs, type, origin)
        survey = self._survey(assignment, method)
        return self.builder.add(replace(apply, surveyed=True), (*inputs, survey), type, origin)

    def _keys(self, assignment: Assignment, method: Method) -> tuple[int, ...]:
        return tuple(stream_key(self.seed, method.name, assignment.name, s) for s in assignment.sources)

    def _survey(self, assignment: Assignment, method: Method) -> int:
        group = _group(assignment)
        if group not in self.surveys:
            found = [(a, self._surveying(a, method)) for a in self.groups[group]]
            if len({len(surveys_of(apply)) for _, apply in found} - {0}) > 1:
                raise ValueError("it takes more surveys of some tensors than of others")
            parts = [self.builder.add(Part(p), self._inputs(a), None) for a, p in found if surveys_of(p)]
            self.surveys[group] = self.builder.add(Survey(method), parts, None)
        return self.surveys[group]

    def _surveying(self, assignment: Assignment, method: Method) -> Apply:
        """What will make a tensor; it may take no survey."""
        arguments, pattern = self._chosen(assignment, method)
        has_base = assignment.base is not None
        return Apply(method, pattern, arguments, assignment.name, has_base, self._keys(assignment, method))


def _group(assignment: Assignment) -> Hashable:
    """Tensors that one survey covers: those that a method makes in one merge."""
    assert assignment.method is not None
    return (assignment.merge_span, assignment.method.name)


def _of_base(fixed: Coefficients, of_deltas: bool) -> Iterable[float]:
    """The base's coefficient, where those of deltas are given: b + Σ c (x − b)."""
    return (total((1.0, *(-c for c in fixed))),) if of_deltas else ()


def _fixed(pattern: BlendPattern, count: int, arguments: Arguments) -> Coefficients | None:
    """The coefficients that need no look at the tensors. Raises whatever the method raises, ValueError for nonsense."""
    fixed = pattern.fixed(count, arguments)
    if fixed is None:
        if pattern.measured is None:
            raise ValueError("it gives no coefficients and cannot measure")
        return None
    coefficients = tuple(float(c) for c in fixed)
    if len(coefficients) != count:
        raise ValueError(f"it gives {len(coefficients)} coefficients for {count} inputs")
    if not all(map(isfinite, coefficients)):
        raise ValueError("it gives coefficients that are not finite numbers")
    return coefficients


def _blame(assignment: Assignment, method: Method, error: BaseException, report: Report) -> None:
    message = f"the method `{method.name}` fails: {type(error).__name__}: {error}"
    if all(d.message != message for d in report.diagnostics):
        help = f"`mergec methods {method.name}` says who provides it"
        report.error(Code.PLUGIN_FAILED, message, assignment.method_origin, help=help)


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


def _refuse_arguments(assignment: Assignment, method: Method, error: MethodError, report: Report) -> None:
    """Once for each rule and message, whatever the number of tensors."""
    named = [b for b in assignment.bound if b.name == error.parameter and b.origin]
    rule = next((b.origin for b in named if error.input in (None, b.input)), None)
    message, span = f"`{method.name}`: {error}", rule or assignment.method_origin
    if all(d.message != message or d.span != span for d in report.diagnostics):
        report.error(Code.BAD_VALUE, message, span, notes=(f"for example in `{assignment.name}`",))
