"""From a name to where it is declared, the outline of a recipe, and the call that a place stands in."""

from __future__ import annotations

import os
from dataclasses import dataclass

from lsprotocol.types import (
    DocumentSymbol,
    ParameterInformation,
    SignatureHelp,
    SignatureInformation,
    SymbolKind,
)

from mergec.hooks import call_of
from mergec.lsp import words
from mergec.lsp.context import Bracket, Where, context_at
from mergec.lsp.declared import Declared, local_names, statements_of
from mergec.lsp.page import Page
from mergec.lsp.positions import Lines
from mergec.lsp.walk import nodes_in, statements_in
from mergec.syntax import tree

_SYMBOLS = {
    "model": SymbolKind.Module,
    "param": SymbolKind.Constant,
    "let": SymbolKind.Variable,
    "merge": SymbolKind.Class,
    "output": SymbolKind.Event,
}


@dataclass(frozen=True, slots=True)
class Target:
    """A range of a text; path: of the file it is in, None for the document itself."""

    path: str | None
    text: str
    start: int
    end: int


def definition_at(page: Page, offset: int) -> Target | None:
    """Where the name at a place is declared, or the file that is included there."""
    context = context_at(page.text, offset)
    token = context.token
    if token is None:
        return None
    if token.kind == "text" and context.statement == "include" and not context.frames:
        path = os.path.join(page.directory, token.text.strip('"'))
        return Target(os.path.abspath(path), "", 0, 0) if os.path.isfile(path) else None
    is_input = page.text[token.end :].lstrip().startswith(".")
    is_no_use = context.where in (Where.SELECTOR, Where.SETTING, Where.OWNED)
    if token.kind != "name" or is_no_use or (context.where is Where.RULE and not is_input):
        return None
    local = local_names(page.text, offset).get(token.text)
    if local is not None:
        return Target(None, page.text, local.start, local.end)
    found = page.definitions().get(token.text)
    return Target(found.path, found.text, found.declared.name.start, found.declared.name.end) if found else None


def outline(text: str, lines: Lines) -> tuple[DocumentSymbol, ...]:
    """Every statement that has a name, with the rules of merges below them."""
    rules = tuple(nodes_in(statements_in(text), tree.Rule))
    return tuple(_symbol(statement, rules, lines) for statement in statements_of(text))


def _symbol(statement: Declared, rules: tuple[tree.Rule, ...], lines: Lines) -> DocumentSymbol:
    name = statement.name
    own = [rule for rule in rules if statement.start <= rule.span.start < statement.end]
    is_function = bool(statement.parameters)
    return DocumentSymbol(
        name=name.text,
        detail=statement.reference or statement.keyword,
        kind=SymbolKind.Function if is_function else _SYMBOLS[statement.keyword],
        range=lines.range(statement.start, statement.end),
        selection_range=lines.range(name.start, name.end),
        children=[_rule_symbol(rule, lines) for rule in own],
    )


def _rule_symbol(rule: tree.Rule, lines: Lines) -> DocumentSymbol:
    left, value = _sides(rule)
    return DocumentSymbol(
        name=" ".join(left.split()),
        detail=" ".join(value.split()),
        kind=SymbolKind.Property,
        range=lines.range(rule.span.start, rule.span.end),
        selection_range=lines.range(rule.parameter.span.start, rule.parameter.span.end),
    )


def _sides(rule: tree.Rule) -> tuple[str, str]:
    """A rule in halves; its selector may hold a `=` of its own."""
    text = rule.span.source.text
    left, _, _ = text[rule.span.start : rule.value.span.start].rpartition("=")
    return left, text[rule.value.span.start : rule.span.end]


def signature_at(page: Page, offset: int) -> SignatureHelp | None:
    """The call that a place stands in, and which of its arguments."""
    context = context_at(page.text, offset)
    frame = context.frame(Bracket.CALL, Bracket.RULES)
    if frame is None or frame.bracket is Bracket.RULES:
        return None
    label, doc = _signature(page, frame.function)
    if not label:
        return None
    names = label[label.index("(") + 1 : -1].split(", ")
    information = SignatureInformation(
        label, documentation=doc or None, parameters=[ParameterInformation(name) for name in names]
    )
    return SignatureHelp([information], active_signature=0, active_parameter=min(frame.commas, len(names) - 1))


def _signature(page: Page, function: str) -> tuple[str, str]:
    if function in page.plugins.methods:
        method = page.plugins.methods[function].method
        return call_of(method), method.summary
    if function == words.STACK[0]:
        return f"{function}({words.STACK[1]})", words.STACK[2]
    if function in words.function_names():
        arguments, doc = words.signature(function)
        return f"{function}({arguments})", doc
    found = page.definitions("let").get(function)
    if found is None or not found.declared.parameters:
        return "", ""
    return f"{function}({', '.join(t.text for t in found.declared.parameters)})", ""
