"""A recipe with every name resolved: what to merge, by which methods, under which rules."""

from __future__ import annotations

from dataclasses import dataclass

from mergec.contract.method import Method
from mergec.core.dtype import DType
from mergec.diagnostics import Source, Span
from mergec.recipe.values import ValueExpr
from mergec.syntax.tree import IncludedFile, Selector


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

    places: where each input, and then the base, is written in this merge; one that has a name is defined elsewhere.
    name: that of its statement; empty for a merge that is written in another one.
    method_span: the name of the method. span: all of the merge.
    """

    method: Method
    method_span: Span
    inputs: tuple[Node, ...]
    places: tuple[Span, ...]
    base: Node | None
    rules: tuple[Rule, ...]
    method_rules: tuple[MethodRule, ...]
    name: str
    span: Span

    @property
    def methods(self) -> tuple[Method, ...]:
        """Every method that a tensor of this merge can get, the default first."""
        return with_fallbacks((self.method, *(r.method for r in self.method_rules)))


@dataclass(frozen=True, slots=True)
class Stack:
    """Layers of several parts, none of them a stack itself, one after the other."""

    parts: tuple[Node, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Slice:
    """Layers first up to, not including, end of a merge or a stack; to the last if `end` is None."""

    node: Merge | Stack | Slice
    first: int
    end: int | None
    span: Span


Node = ModelUse | Merge | Stack | Slice


@dataclass(frozen=True, slots=True)
class DropRule:
    """Input tensors whose names match a glob are left out of the output."""

    pattern: str
    span: Span


@dataclass(frozen=True, slots=True)
class CardWords:
    """What the recipe says for the model card, nothing where it is silent."""

    title: str | None = None
    license: str | None = None
    languages: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Output:
    """How the result is written.

    dtype: None keeps the inputs' type. donor: gives config.json and, unless another model is named, the tokenizer.
    chat_template: a template's text, or the model that has it; None takes what belongs to the tokenizer.
    shard_bytes: the largest weight file; None takes the usual size.
    """

    name: str
    dtype: DType | None
    donor: int
    drop: tuple[DropRule, ...]
    tokenizer: ModelUse | None = None
    chat_template: ModelUse | str | None = None
    shard_bytes: int | None = None
    card: CardWords = CardWords()

    @property
    def uses(self) -> tuple[ModelUse, ...]:
        """The models whose tokenizer or chat template is taken."""
        return tuple(u for u in (self.tokenizer, self.chat_template) if isinstance(u, ModelUse))


@dataclass(frozen=True, slots=True)
class Recipe:
    """A merge, ready to be matched against checkpoints.

    settings: params that were set from outside, and to what. files: what the recipe includes.
    written_out: the text of the recipe with these in it; empty if there are none.
    """

    source: Source
    models: tuple[Model, ...]
    root: Node
    output: Output
    settings: tuple[tuple[str, float], ...] = ()
    files: tuple[IncludedFile, ...] = ()
    written_out: str = ""

    @property
    def text(self) -> str:
        """All of the recipe in one text."""
        return self.written_out or self.source.text


def with_fallbacks(methods: tuple[Method, ...]) -> tuple[Method, ...]:
    """The methods, and those that stand in for them on tensors that they are not made for."""
    found: list[Method] = []
    for method in methods:
        found.append(method)
        while method.fallback is not None:
            method = method.fallback
            found.append(method)
    return tuple(found)


def parts_of(node: Node) -> tuple[Node, ...]:
    """What a node is made of, the base last."""
    match node:
        case ModelUse():
            return ()
        case Slice():
            return (node.node,)
        case Stack():
            return node.parts
        case Merge():
            return node.inputs if node.base is None else (*node.inputs, node.base)


def model_uses(node: Node) -> tuple[ModelUse, ...]:
    """Every use of a model under a node, in the order written; as often as what holds it is used."""
    if isinstance(node, ModelUse):
        return (node,)
    return tuple(use for part in parts_of(node) for use in model_uses(part))


def merges(node: Node) -> tuple[Merge, ...]:
    """Every merge under a node, outermost first, each once."""
    found: dict[int, Node] = {}
    waiting = [node]
    while waiting:
        following = waiting.pop()
        if id(following) not in found:
            found[id(following)] = following
            waiting.extend(reversed(parts_of(following)))
    return tuple(n for n in found.values() if isinstance(n, Merge))


def label(node: Node, models: tuple[Model, ...]) -> str:
    """A node in few words: its name, or the method that makes it."""
    match node:
        case ModelUse():
            return models[node.model].name
        case Slice():
            return f"{label(node.node, models)}[{node.first}..{'' if node.end is None else node.end}]"
        case Stack():
            return "stack(…)"
        case Merge():
            return node.name or f"{node.method.name}(…)"
