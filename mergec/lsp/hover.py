"""What a word of a recipe stands for, in Markdown."""

from __future__ import annotations

from dataclasses import dataclass

from mergec.core.params import Param
from mergec.core.pattern_tree import PatternError
from mergec.diagnostics import Source, Span
from mergec.lsp import words
from mergec.lsp.complete import params_at
from mergec.lsp.context import Bracket, Context, Where, context_at
from mergec.lsp.declared import local_names
from mergec.lsp.describe import joined, listed, method_text, model_text, param_text
from mergec.lsp.page import Definition, Page
from mergec.lsp.tensors import lost_by, matching, won_by
from mergec.lsp.tokens import Token
from mergec.lsp.walk import nodes_in, statements_in
from mergec.recipe.resolve_rules import METHOD
from mergec.syntax import tree
from mergec.syntax.words import ROLES

LONGEST_SHOWN = 400


@dataclass(frozen=True, slots=True)
class Hover:
    """A text about what stands from `start` to `end`."""

    text: str
    start: int
    end: int


def hover_at(page: Page, offset: int) -> Hover | None:
    """What is known of the word or the string at a place; None if nothing is."""
    context = context_at(page.text, offset)
    token = context.token
    if token is None or token.kind not in ("name", "text", "regex"):
        return None
    text = _of_name(page, context, token) if token.kind == "name" else _of_text(page, context, token)
    return Hover(text, token.start, token.end) if text else None


def _of_name(page: Page, context: Context, token: Token) -> str:
    is_input = page.text[token.end :].lstrip().startswith(".")
    match context.where:
        case Where.SELECTOR:
            return _selector_word(page, token.text)
        case Where.RULE | Where.OWNED if not is_input:
            return _rule(page, context, token)
        case Where.SETTING:
            return words.SETTING_DOCS.get(token.text, "")
    return _meaning(page, token) or _of_language(token.text)


def _meaning(page: Page, token: Token) -> str:
    """What a name stands for that the recipe declares or a plugin provides."""
    if token.text in local_names(page.text, token.start):
        return f"```merge\n{token.text}\n```\nknown in this statement alone"
    found = page.definitions().get(token.text)
    if found is not None:
        return _definition(page, token.text, found)
    provided = page.plugins.methods.get(token.text)
    return method_text(provided) if provided is not None else ""


def _definition(page: Page, name: str, found: Definition) -> str:
    reference = found.declared.reference
    if reference is not None:
        return model_text(name, reference, page.model(found))
    written = found.text[found.declared.start : found.declared.end]
    shown = written if len(written) <= LONGEST_SHOWN else written[:LONGEST_SHOWN] + "…"
    return joined((f"```merge\n{shown}\n```", f"from `{found.path}`" if found.path else ""))


def _of_language(name: str) -> str:
    if name in words.function_names():
        arguments, doc = words.signature(name)
        return f"```merge\n{name}({arguments})\n```\n{doc}"
    if name == words.STACK[0]:
        return f"```merge\n{name}({words.STACK[1]})\n```\n{words.STACK[2]}"
    return words.PLACE_DOCS.get(name, "") or words.STATEMENT_DOCS.get(name, "")


# --- rules and selectors ---------------------------------------------------------------------------------------------


def _rule(page: Page, context: Context, token: Token) -> str:
    """A parameter, and the tensors that its rule wins."""
    if token.text == METHOD:
        about = words.METHOD_RULE_DOC
    else:
        param = next((p for p in params_at(page, context) if p.name == token.text), None)
        param = param or _param_of_any(page, token.text)
        about = param_text(param) if param is not None else ""
    return joined((about, _won(page, token)))


def _param_of_any(page: Page, name: str) -> Param | None:
    """A parameter of a method that a later rule of the merge may choose."""
    return next((p for provided in page.plugins.methods.values() if (p := provided.method.param(name))), None)


def _won(page: Page, token: Token) -> str:
    rules = nodes_in(statements_in(page.text), tree.Rule)
    rule = next((r for r in rules if r.parameter.span.start == token.start), None)
    if rule is None:
        return ""
    compiled = page.checked.compiled if page.checked is not None else None
    if compiled is None:
        return "" if rule.selector is None else _matched(page, rule.selector)
    assert page.checked is not None
    span = Span(page.checked.source, rule.span.start, rule.span.end)
    won, lost = won_by(compiled.plan, span), lost_by(compiled.plan, span)
    also = f"For {len(set(lost) - set(won))} more a later rule wins." if set(lost) - set(won) else ""
    return joined((f"Wins {listed(won)}", also))


def _matched(page: Page, selector: tree.Selector) -> str:
    models = page.opened()
    try:
        return f"Matches {listed(matching(models, selector))}" if models else ""
    except PatternError:
        return ""


def _selector_word(page: Page, name: str) -> str:
    if name not in ROLES:
        return words.SELECTOR_DOCS.get(name, "")
    return joined((f"**{name}**: {words.ROLE_DOCS.get(name, '')}", _matched(page, tree.Role(name, _nowhere()))))


def _of_text(page: Page, context: Context, token: Token) -> str:
    inside = token.text[1:-1] if token.is_closed else token.text[1:]
    if context.in_selector or context.subject == "drop":
        pattern = inside.replace("\\/", "/") if token.kind == "regex" else inside
        kind = tree.Regex if token.kind == "regex" else tree.Glob
        return _matched(page, kind(pattern, _nowhere()))
    if context.statement == "model" and not context.frame(Bracket.CALL) and len(context.before) > 1:
        opened = page.models.at_hand(inside, page.directory)
        return model_text(context.before[1].text, inside, opened)
    return ""


def _nowhere() -> Span:
    return Span(Source("", ""), 0, 0)
