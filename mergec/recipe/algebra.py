"""Algebra on models: sums of models times numbers, and which of them is a model or a difference of models."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mergec.contract.method import Arguments, Blend, Coefficients, Inputs, Method
from mergec.core.params import Param, Scope
from mergec.diagnostics import Span
from mergec.recipe.model import Merge, ModelUse, Node, Rule, Slice
from mergec.recipe.values import NOWHERE, Apply, Constant, ValueExpr, evaluate, extent, place_in

WEIGHT = "weight"


def weights_of(count: int, arguments: Arguments) -> Coefficients:
    """The numbers that the models are multiplied by."""
    return arguments.numbers(WEIGHT)


SUM = Method(
    name="sum",
    summary="Add up models times numbers, as a recipe's algebra says; the numbers add up to 1.",
    pattern=Blend(fixed=weights_of),
    inputs=Inputs(1),
    params=(Param(WEIGHT, "What this model is multiplied by.", scope=Scope.PER_INPUT, required=True),),
    idempotent=True,
    symmetric=True,
    shade=WEIGHT,
    source="Ilharco et al., Editing Models with Task Arithmetic, ICLR 2023, arXiv 2212.04089",
)
"""What algebra on models is resolved to; it is written with signs, and not called."""


@dataclass(frozen=True, slots=True)
class Term:
    """A model times a number. span: where it is written, in the expression at hand."""

    node: Node
    factor: ValueExpr
    span: Span


@dataclass(frozen=True, slots=True)
class Combination:
    """A sum of models times numbers, which add up to 1 (a model) or to 0 (a difference of models)."""

    terms: tuple[Term, ...]
    is_model: bool
    span: Span

    @property
    def kind(self) -> str:
        return "a model" if self.is_model else "a difference of models"

    def at(self, span: Span) -> Combination:
        """The same, written as a name at another place."""
        return Combination(tuple(replace(t, span=span) for t in self.terms), self.is_model, span)


def alone(node: Node, span: Span) -> Combination:
    """A model itself."""
    return Combination((Term(node, Constant(1.0, span), span),), True, span)


def added(left: Combination, right: Combination, span: Span) -> Combination:
    """The sum of the two; one of them at most is a model."""
    return Combination((*left.terms, *right.terms), left.is_model or right.is_model, span)


def subtracted(left: Combination, right: Combination, span: Span) -> Combination:
    """The first less the second, which is no model unless the first is one."""
    minus = Constant(-1.0, right.span)
    terms = tuple(replace(t, factor=_product(t.factor, "*", minus)) for t in right.terms)
    return Combination((*left.terms, *terms), left.is_model and not right.is_model, span)


def scaled(difference: Combination, operator: str, number: ValueExpr, span: Span) -> Combination:
    """A difference times a number, or divided by one (`operator` `/`). Raises ValueProblem if that is no number."""
    terms = tuple(Term(t.node, _product(t.factor, operator, number), span) for t in difference.terms)
    return Combination(terms, False, span)


def sum_of(combination: Combination, name: str) -> Node:
    """The node of a combination that is a model: one input for each model in it."""
    groups: dict[object, list[Term]] = {}
    for term in combination.terms:
        groups.setdefault(_key(term.node), []).append(term)
    found = list(groups.values())
    return Merge(
        method=SUM,
        method_span=combination.span,
        inputs=tuple(terms[0].node for terms in found),
        places=tuple(terms[0].span for terms in found),
        base=None,
        rules=tuple(_rule(i, terms) for i, terms in enumerate(found)),
        method_rules=(),
        name=name,
        span=combination.span,
    )


def _rule(index: int, terms: list[Term]) -> Rule:
    """The number an input is multiplied by, all its places added up."""
    span = terms[0].span
    for term in terms[1:]:
        span = span.to(term.span)
    return Rule(WEIGHT, index, None, _simple("+", tuple(t.factor for t in terms), span), span)


def _product(factor: ValueExpr, operator: str, number: ValueExpr) -> ValueExpr:
    """A factor times a number, or divided by it; as a constant where it is the same everywhere."""
    if isinstance(factor, Constant) and factor.value == 1.0 and operator == "*":
        return _simple("+", (number,), number.span)
    return _simple(operator, (factor, number), number.span)


def _simple(function: str, arguments: tuple[ValueExpr, ...], span: Span) -> ValueExpr:
    value = arguments[0] if len(arguments) == 1 else Apply(function, arguments, span, *extent(arguments))
    return Constant(evaluate(value, NOWHERE), span) if place_in(value) is None else value


def _key(node: Node) -> object:
    """What makes two operands the same."""
    match node:
        case ModelUse():
            return node.model, node.first, node.end
        case Slice():
            return _key(node.node), node.first, node.end
        case _:
            return id(node)
