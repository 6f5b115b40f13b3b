"""A recipe with every name resolved: what to merge, by which methods, under which rules."""

from __future__ import annotations

from dataclasses import dataclass

from mergec.contract.method import Method
from mergec.core.dtype import DType
from mergec.diagnostics import Source, Span
from mergec.recipe.values import ValueExpr
from mergec.syntax.tree import Selector


@dataclass(frozen=True, slots=True)
class Model:
    """A checkpoint the recipe names. `path` is a directory or a Hub id."""

    name: str
    reference: str
    path: str
    revision: str | None
    span: Span


@dataclass(frozen=True, slots=True)
class ModelUse:
    """A model, or its layers first up to, not including, end; to the last where only the end is None."""

    model: int
    first: int | None
    end: int | None
    span: Span


@dataclass(frozen=True, slots=True)
class Rule:
    """Sets a parameter for the tensors a selector matches (all if None); the last matching rule wins.

    input: index of the input it sets a per-input parameter for; None means all inputs.
    """

    parameter: str
    input: int | None
    selector: Selector | None
    value: ValueExpr
    span: Span


@dataclass(frozen=True, slots=True)
class MethodRule:
    """Chooses the method of the tensors a selector matches."""

    selector: Selector | None
    method: Method
    span: Span


@dataclass(frozen=True, slots=True)
class Merge:
    """A method applied to aligned inputs. `base` is set for methods whose base is not an input.

    method_span: the name of the method. span: all of the merge.
    """

    method: Method
    method_span: Span
    inputs: tuple[Node, ...]
    base: Node | None
    rules: tuple[Rule, ...]
    method_rules: tuple[MethodRule, ...]
    name: str
    span: Span

    @property
    def methods(self) -> tuple[Method, ...]:
        """Every method that a tensor of this merge can get, the default first."""
        return (self.method, *(r.method for r in self.method_rules))


@dataclass(frozen=True, slots=True)
class Stack:
    """Layers of several parts, none of them a stack itself, one after the other."""

    parts: tuple[Node, ...]
    span: Span


Node = ModelUse | Merge | Stack


@dataclass(frozen=True, slots=True)
class DropRule:
    """Input tensors whose names match a glob are left out of the output."""

    pattern: str
    span: Span


@dataclass(frozen=True, slots=True)
class Output:
    """How the result is written. `dtype` None keeps the inputs' type; `donor` gives config.json and tokenizer."""

    name: str
    dtype: DType | None
    donor: int
    drop: tuple[DropRule, ...]


@dataclass(frozen=True, slots=True)
class Recipe:
    """A merge, ready to be matched against checkpoints. settings: params that were set from outside, and to what."""

    source: Source
    models: tuple[Model, ...]
    root: Node
    output: Output
    settings: tuple[tuple[str, float], ...] = ()


def model_uses(node: Node) -> tuple[ModelUse, ...]:
    """Every use of a model under a node, in the order written."""
    match node:
        case ModelUse():
            return (node,)
        case Stack():
            return tuple(use for part in node.parts for use in model_uses(part))
        case Merge():
            bases = () if node.base is None else (node.base,)
            return tuple(use for part in (*node.inputs, *bases) for use in model_uses(part))


def merges(node: Node) -> tuple[Merge, ...]:
    """Every merge under a node, outermost first."""
    match node:
        case ModelUse():
            return ()
        case Stack():
            return tuple(merge for part in node.parts for merge in merges(part))
        case Merge():
            return (node, *(merge for part in node.inputs for merge in merges(part)))
