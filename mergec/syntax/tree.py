"""The syntax tree of a recipe. Both front ends build it; every node knows its place in the text.

Expressions are one family: what a call or a name means (a method, a function, a model, a parameter) is decided by
`recipe.resolve`, which knows the methods.
"""

from __future__ import annotations

from dataclasses import dataclass

from mergec.diagnostics import Source, Span


@dataclass(frozen=True, slots=True)
class Name:
    """An identifier where one is declared or pointed at."""

    text: str
    span: Span


# --- expressions -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Number:
    value: int | float
    span: Span


@dataclass(frozen=True, slots=True)
class Flag:
    value: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Text:
    value: str
    span: Span


@dataclass(frozen=True, slots=True)
class NameUse:
    """A name in an expression: a model, a merge, a param, a let, a method, a dtype, `depth`, …"""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Unary:
    """`-x`."""

    operator: str
    operand: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class Binary:
    """`+ - * / **` between numbers, or between models (model algebra)."""

    operator: str
    left: Expression
    right: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class Call:
    """`function(arguments…, name = argument…) { rules… }`.

    Functions: merge methods, `stack`, `curve` (piecewise linear over depth, 0 before the layers and 1 after),
    `gradient` (the same as mergekit reads it: 0 for every tensor outside the layers, 1 in a slice of one layer),
    and arithmetic (`sin`, `clamp`, …). Only merge methods take rules.

    default_base: the base of a merge whose method has a use for one, where none is named; it asks for no such method.
    """

    function: Name
    arguments: tuple[Expression, ...]
    named: tuple[tuple[Name, Expression], ...]
    rules: tuple[Rule, ...]
    span: Span
    default_base: Expression | None = None


@dataclass(frozen=True, slots=True)
class LayerRange:
    """`operand[first..end]`: layers first up to, not including, end; without them from the first, and to the last."""

    operand: Expression
    first: Expression | None
    end: Expression | None
    span: Span


@dataclass(frozen=True, slots=True)
class ForEach:
    """`parts… for variable in first..end by step`, among the arguments of `stack`: the parts, once for each number.

    Without parentheses of its own it is all the arguments there are.
    """

    parts: tuple[Expression, ...]
    variable: Name
    first: Expression
    end: Expression
    step: Expression | None
    in_parentheses: bool
    span: Span


Expression = Number | Flag | Text | NameUse | Unary | Binary | Call | LayerRange | ForEach


# --- selectors -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Role:
    """`attention`, `mlp`, `norm`, `q`, …: what a tensor does in its layer."""

    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class InLayers:
    """`layers[first..end]`, counted from 0 in the merge the rule stands in; negative counts from the end.

    None where a bound is left out: from the first layer, to the last.
    """

    first: int | None
    end: int | None
    span: Span


@dataclass(frozen=True, slots=True)
class HasRank:
    """`rank(n)`: the number of dimensions."""

    rank: int
    span: Span


@dataclass(frozen=True, slots=True)
class Glob:
    """`"*self_attn*"`: the whole output tensor name, where `*` is any run of characters and `?` any one."""

    pattern: str
    span: Span


@dataclass(frozen=True, slots=True)
class Regex:
    """`/layers\\.[0-9]+\\.mlp/`: found anywhere in the output tensor name."""

    pattern: str
    span: Span


@dataclass(frozen=True, slots=True)
class Contains:
    """mergekit's filter, a plain substring: of the output tensor's name, or where the rule sets a per-input parameter,
    of that input's own tensor name."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Not:
    operand: Selector
    span: Span


@dataclass(frozen=True, slots=True)
class And:
    left: Selector
    right: Selector
    span: Span


@dataclass(frozen=True, slots=True)
class Or:
    left: Selector
    right: Selector
    span: Span


Selector = Role | InLayers | HasRank | Glob | Regex | Contains | Not | And | Or


@dataclass(frozen=True, slots=True)
class Rule:
    """`parameter = value`, `parameter[selector] = value`, `input.parameter[selector] = value`, `method[…] = name`.

    `input` names the input a per-input parameter is set for, or counts it from 0 in the call's arguments; None means
    all of them. Of the rules that match a tensor the last one wins.
    """

    parameter: Name
    input: Name | int | None
    selector: Selector | None
    value: Expression
    span: Span


# --- statements ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ModelStatement:
    """`model name = "reference"`; the reference as written: `path-or-id[@revision][+adapter]`."""

    name: Name
    reference: Text
    span: Span


@dataclass(frozen=True, slots=True)
class ParamStatement:
    """`param name = default in low..high`; `--set name=value` changes it."""

    name: Name
    default: Expression
    low: Expression | None
    high: Expression | None
    span: Span


@dataclass(frozen=True, slots=True)
class LetStatement:
    """`let name = value`, or `let name(parameters…) = value`."""

    name: Name
    parameters: tuple[Name, ...]
    value: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class MergeStatement:
    """`merge name = expression`."""

    name: Name
    value: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class OutputStatement:
    """`output name { setting = value … }`. Settings: `dtype`, `donor` (gives config and tokenizer), `drop` (globs)."""

    name: Name
    settings: tuple[tuple[Name, Expression], ...]
    span: Span


@dataclass(frozen=True, slots=True)
class RequiresStatement:
    """`requires "mergec-foo >= 1.2"`."""

    requirement: Text
    span: Span


@dataclass(frozen=True, slots=True)
class IncludeStatement:
    """`include "definitions.merge"`; the path is relative to the file the statement stands in."""

    path: Text
    span: Span


Statement = (
    ModelStatement
    | ParamStatement
    | LetStatement
    | MergeStatement
    | OutputStatement
    | RequiresStatement
    | IncludeStatement
)


@dataclass(frozen=True, slots=True)
class IncludedFile:
    """A file that a recipe includes, and the directory that paths in it are relative to."""

    source: Source
    directory: str


@dataclass(frozen=True, slots=True)
class Document:
    """A whole recipe as written, what it includes among its statements once that is read.

    files: what is included. text: the recipe with what it includes written out, where it includes something.
    """

    source: Source
    statements: tuple[Statement, ...]
    files: tuple[IncludedFile, ...] = ()
    text: str = ""
