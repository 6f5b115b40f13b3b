"""Which rule wins for a tensor, and the value it gives."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, replace

from mergec.contract.method import Method
from mergec.core.params import Param, Scope, Value
from mergec.core.suggest import nearest
from mergec.diagnostics import Code, Label, Report, Span
from mergec.plan.assignment import Bound
from mergec.plan.quirks import warn_of_filter, warn_of_gradient
from mergec.plan.reach import Reach
from mergec.plan.select import Predicate, Subject, compile_selector
from mergec.recipe import (
    At,
    Constant,
    Merge,
    MethodRule,
    Rule,
    ValueProblem,
    check_constant,
    conform,
    evaluate,
    is_unusual,
    place_in,
    shown,
)
from mergec.syntax import tree


@dataclass(frozen=True, slots=True)
class _Question:
    """Whether a rule that has a selector matches. subject: 0 for the tensor itself, then one for each input."""

    rule: Rule
    subject: int


@dataclass(frozen=True, slots=True)
class _Answer:
    """The values of tensors for which the same rules match, at one place; the filters that decided some of them."""

    bound: tuple[Bound, ...]
    filters: tuple[_Question, ...]


class Binder:
    """Binds parameters tensor by tensor, and remembers which rules matched and which won."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._predicates: dict[int, Predicate] = {}
        self._matched: set[Span] = set()
        self._idle: set[Span] = set()
        self._won: set[Span] = set()
        self._noted: set[int] = set()
        self._seen: dict[Span, Rule | MethodRule] = {}
        self._reach = Reach()
        self._refused: set[tuple[Span, str, int | None]] = set()
        self._met: set[tuple[int, int]] = set()
        self._questions: dict[tuple[int, int, int], tuple[_Question, ...]] = {}
        self._answers: dict[Hashable, _Answer] = {}

    def method(self, merge: Merge, subject: Subject) -> tuple[Method, Span]:
        """The method of a tensor and what chose it."""
        chosen, origin = merge.method, merge.method_span
        key = (id(merge), subject.place.layers)
        if key not in self._met:
            self._met.add(key)
            self._note(merge)
            self._reach.note(merge, subject.place.layers)
        elif not merge.method_rules:
            return chosen, origin
        for rule in merge.method_rules:
            if self._matches(rule, subject):
                chosen, origin = rule.method, rule.span
                self._matched.add(rule.span)
        self._won.add(origin)
        return chosen, origin

    def bind(self, method: Method, merge: Merge, subjects: tuple[Subject, ...], at: At) -> tuple[Bound, ...]:
        """Every parameter of the method, with its value for this tensor; none where the one input is taken as it is."""
        if method.takes_as_is(len(subjects)):
            self._idle.update(
                r.span for r in merge.rules if method.param(r.parameter) and self._matches(r, subjects[0])
            )
            return ()
        first = subjects[0]
        own = first if first.filtered == first.name else replace(first, filtered=first.name)
        asked = (own, *subjects)
        kind = (id(method), id(merge), len(subjects))
        if kind not in self._questions:
            self._questions[kind] = tuple(_questions(method, merge, len(subjects)))
        matches = tuple([self._matches(q.rule, asked[q.subject]) for q in self._questions[kind]])
        key = (kind, at, matches)
        answer = self._answers.get(key)
        if answer is None:
            answer = self._answers[key] = self._answer(method, merge, asked, at)
        for question in answer.filters:
            warn_of_filter(question.rule, asked[question.subject], self._report)
        return answer.bound

    def _answer(self, method: Method, merge: Merge, asked: tuple[Subject, ...], at: At) -> _Answer:
        """The values for one tensor, which hold for all that the same rules match."""
        bound: list[Bound] = []
        filters: list[_Question] = []
        for param, i in _places(method, len(asked) - 1):
            found, rule = self._one(param, None if i == 0 else i - 1, method, merge, asked[i], at)
            bound.append(found)
            if rule is not None and isinstance(rule.selector, tree.Contains):
                filters.append(_Question(rule, i))
        return _Answer(tuple(bound), tuple(filters))

    def _note(self, merge: Merge) -> None:
        """Remember the rules of a merge, the first time it is met."""
        if id(merge) not in self._noted:
            self._noted.add(id(merge))
            rules: tuple[Rule | MethodRule, ...] = (*merge.method_rules, *merge.rules)
            for rule in rules:
                self._seen.setdefault(rule.span, rule)

    def _matches(self, rule: Rule | MethodRule, subject: Subject) -> bool:
        predicate = self._predicates.get(id(rule))
        if predicate is None:
            predicate = self._predicates[id(rule)] = compile_selector(rule.selector)
        return predicate(subject)

    def _one(
        self, param: Param, index: int | None, method: Method, merge: Merge, subject: Subject, at: At
    ) -> tuple[Bound, Rule | None]:
        """A parameter's value, and the rule that won."""
        winning: Rule | None = None
        shadowed: list[Span] = []
        for rule in merge.rules:
            if rule.parameter != param.name or (rule.input is not None and rule.input != index):
                continue
            if self._matches(rule, subject):
                if winning is not None:
                    shadowed.append(winning.span)
                winning = rule
                self._matched.add(rule.span)
        if winning is None:
            return self._default(param, index, method, merge, subject), None
        self._won.add(winning.span)
        warn_of_gradient(winning, subject, self._report)
        value = self._value(winning, param, at)
        return Bound(param.name, value, winning.span, tuple(reversed(shadowed)), index), winning

    def _default(self, param: Param, index: int | None, method: Method, merge: Merge, subject: Subject) -> Bound:
        if param.required and self._is_news(merge.span, param.name, index):
            which = "" if index is None else " of each input"
            partly = any(r.parameter == param.name and r.input in (None, index) for r in merge.rules)
            rest = ", and no rule sets it for every tensor" if partly else ""
            self._report.error(
                Code.MISSING_PARAMETER,
                f"`{method.name}` needs `{param.name}`{which}{rest}",
                merge.method_span if index is None else merge.places[index],
                "" if index is None else "not set for this one",
                notes=(f"for example `{subject.name}` gets none",) if rest else (),
                help=f"set `{param.name}` for all tensors, with no selector or filter. {param.doc}",
            )
        return Bound(param.name, param.default, None, (), index)

    def _is_news(self, span: Span, name: str, index: int | None) -> bool:
        """Whether a problem was not reported for another tensor before."""
        key = (span, name, index)
        known = key in self._refused
        self._refused.add(key)
        return not known

    def _value(self, rule: Rule, param: Param, at: At) -> Value | None:
        try:
            value = evaluate(rule.value, at)
        except ValueProblem as problem:
            if self._is_news(problem.span, param.name, None):
                self._report.error(Code.BAD_VALUE, problem.message, problem.span, f"at depth {at.depth:.3g}")
            return None
        try:
            fitting = conform(param, value)
        except ValueError:
            if self._is_news(rule.span, param.name, None):
                check_constant(Constant(value, rule.value.span), param, self._report, _where(rule, at))
            return None
        if is_unusual(param, fitting) and self._is_news(rule.value.span, param.name, None):
            self._warn_of_unusual(rule, param, fitting, at)
        return fitting

    def _warn_of_unusual(self, rule: Rule, param: Param, value: Value, at: At) -> None:
        low, high = param.usual or (0.0, 0.0)
        self._report.warn(
            Code.EXTRAPOLATION,
            f"`{param.name}` is {shown(value)}, outside {low:g} to {high:g}: the result extrapolates",
            rule.value.span,
            _where(rule, at),
            help="fine if you mean it",
        )

    def finish(self, names: tuple[str, ...]) -> None:
        """Warn of rules that never matched or never won; `names` are those of all output tensors."""
        if self._report.failed:
            return
        self._reach.finish(self._report)
        for span, rule in self._seen.items():
            if span in self._won:
                continue
            if span in self._matched:
                self._report.warn(
                    Code.RULE_NEVER_WINS,
                    "this rule never wins: stronger rules match every tensor it matches",
                    span,
                    also=tuple(Label(s, "wins instead") for s in self._winners(rule)),
                    help="remove it, or move it: the merge language takes the last rule that matches, YAML the first",
                )
            elif span in self._idle:
                self._report.warn(
                    Code.RULE_NEVER_WINS,
                    "this rule has no effect: where it applies, one input alone is taken as it is",
                    span,
                    help="remove it, or use `passthrough` with `scale` to change a single input",
                )
            else:
                self._report.warn(
                    Code.RULE_MATCHES_NOTHING,
                    f"this rule matches no tensor{_looking_for(rule.selector)}",
                    span,
                    help=_hint(rule.selector, names),
                )

    def _winners(self, rule: Rule | MethodRule) -> Iterable[Span]:
        name = rule.parameter if isinstance(rule, Rule) else None
        for span, other in self._seen.items():
            same = isinstance(other, Rule) and other.parameter == name
            if same and span in self._won:
                yield span
                return


def _places(method: Method, inputs: int) -> Iterable[tuple[Param, int]]:
    """All that is bound, each parameter with 0, or with the number of each input, counted from 1."""
    for param in method.params:
        yield from ((param, i) for i in (range(1) if param.scope is Scope.SHARED else range(1, inputs + 1)))


def _questions(method: Method, merge: Merge, inputs: int) -> Iterable[_Question]:
    """What has to be asked of a tensor to know the rules that match it."""
    for param, i in _places(method, inputs):
        for rule in merge.rules:
            is_meant = rule.parameter == param.name and (rule.input is None or rule.input == i - 1)
            if is_meant and rule.selector is not None:
                yield _Question(rule, i)


def _where(rule: Rule, at: At) -> str:
    """Where a rule has its value, if it does not have it everywhere."""
    return "" if place_in(rule.value) is None else f"at depth {at.depth:.3g}"


def _hint(selector: tree.Selector | None, names: tuple[str, ...]) -> str:
    """What may have been meant by a selector that matches none of the tensors."""
    parts = {part for name in names for part in name.split(".")}
    match selector:
        case tree.Contains(text) if "*" in text and text.strip("*."):
            return f"a filter is a plain substring, in which `*` stands for itself: write `{text.strip('*.')}`"
        case tree.Contains(text) if near := nearest(text, parts):
            return f"did you mean `{near}`?"
        case tree.Glob(pattern) if any(pattern.strip("*") in name for name in names):
            return f'a glob matches the whole name: write `"*{pattern.strip("*")}*"`'
        case tree.Glob(pattern) if near := nearest(pattern.strip("*."), parts):
            return f'did you mean `"*{near}*"`?'
    return "`mergec inspect MODEL --tensors` lists the tensors of a model and their roles"


def _looking_for(selector: tree.Selector | None) -> str:
    return "" if selector is None else f" (`{selector.span.text}`)"
