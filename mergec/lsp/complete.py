"""What can be written at a place."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from lsprotocol.types import CompletionItem, CompletionItemKind, MarkupContent, MarkupKind, TextEdit

from mergec.contract.method import Method
from mergec.core.dtype import OUTPUT_NAMES
from mergec.core.params import Param, ParamKind, Scope
from mergec.core.units import counted
from mergec.hooks import call_of
from mergec.lsp import words
from mergec.lsp.context import Bracket, Context, Where, context_at
from mergec.lsp.declared import local_names
from mergec.lsp.describe import method_text, model_text, param_text
from mergec.lsp.page import Definition, Page
from mergec.lsp.positions import Lines
from mergec.lsp.tensors import names_from
from mergec.recipe.resolve_output import SETTINGS
from mergec.recipe.resolve_rules import METHOD
from mergec.recipe.values import CONSTANTS, PLACES
from mergec.syntax.merge_language import terminals_after
from mergec.syntax.words import KEYWORDS, ROLES, STATEMENTS

Kind = CompletionItemKind
_KINDS = {"model": Kind.Module, "param": Kind.Constant, "let": Kind.Variable, "merge": Kind.Class, "output": Kind.Event}


def completions(page: Page, offset: int, lines: Lines) -> tuple[CompletionItem, ...]:
    """What can stand at a place, the word that is there already left out of account."""
    context = context_at(page.text, offset)
    if context.where is Where.TEXT:
        return tuple(_in_text(page, context, lines))
    if context.token is not None and context.token.kind != "name":
        return ()
    start = context.token.start if context.token is not None else offset
    terminals = terminals_after(page.text[:start])
    found = [*_named(page, context, start)] if terminals is None or "NAME" in terminals else []
    found += _keywords(context, terminals)
    return tuple({item.label: item for item in reversed(found)}.values())[::-1]


def _keywords(context: Context, terminals: frozenset[str] | None) -> Iterator[CompletionItem]:
    if terminals is None:
        terminals = frozenset(word.upper() for word in STATEMENTS if context.where is Where.STATEMENT)
    for word in sorted(word for word in KEYWORDS if word.upper() in terminals):
        if context.where is not Where.MODELS or word not in ("true", "false"):
            yield _item(word, Kind.Keyword, "", words.STATEMENT_DOCS.get(word, ""))


def _named(page: Page, context: Context, start: int) -> Iterable[CompletionItem]:
    match context.where:
        case Where.MODELS:
            return [
                *_arguments(page, context),
                *_declared(page, start, "model", "merge"),
                *_methods(page),
                *_numbers(page),
            ]
        case Where.NUMBERS:
            return [*_choices(page, context), *_locals(page, start), *_numbers(page), *_of_depth(context)]
        case Where.RULE:
            return _rule(page, context)
        case Where.OWNED:
            return [_param(p) for p in params_at(page, context) if p.scope is Scope.PER_INPUT]
        case Where.METHOD:
            return _methods(page)
        case Where.SELECTOR:
            return _selector()
        case Where.SETTING:
            return [_item(name, Kind.Property, "setting", words.SETTING_DOCS.get(name, "")) for name in SETTINGS]
        case Where.SETTING_VALUE:
            return _setting_value(page, context, start)
        case Where.MERGES:
            return _declared(page, start, "merge")
    return ()


def _item(label: str, kind: Kind, detail: str = "", doc: str = "", sort: str = "") -> CompletionItem:
    text = MarkupContent(MarkupKind.Markdown, doc) if doc else None
    return CompletionItem(label, kind=kind, detail=detail or None, documentation=text, sort_text=f"{sort}{label}")


def _declared(page: Page, start: int, *keywords: str) -> Iterator[CompletionItem]:
    for name, definition in page.definitions(*keywords).items():
        declared = definition.declared
        if definition.path is not None or not declared.holds(start):
            yield _item(name, _KINDS[declared.keyword], _detail(definition), _doc(page, name, definition), "1")


def _detail(definition: Definition) -> str:
    inside = f" ({os.path.basename(definition.path)})" if definition.path else ""
    return definition.declared.keyword + inside


def _doc(page: Page, name: str, definition: Definition) -> str:
    reference = definition.declared.reference
    return "" if reference is None else model_text(name, reference, page.model(definition))


def _methods(page: Page) -> Iterator[CompletionItem]:
    for name, provided in page.plugins.methods.items():
        yield _item(name, Kind.Function, call_of(provided.method), method_text(provided), "2")
    name, arguments, doc = words.STACK
    yield _item(name, Kind.Function, f"{name}({arguments})", doc, "2")


def _arguments(page: Page, context: Context) -> Iterator[CompletionItem]:
    """`base`, where a call can name one."""
    frame = context.frames[-1] if context.frames else None
    if frame is None or frame.function not in page.plugins.methods or context.before[-1].text not in "(,":
        return
    if frame.commas >= page.plugins.methods[frame.function].method.inputs.least:
        yield _item("base", Kind.Field, "base = model", "The model that the others are taken relative to.", "3")


def _numbers(page: Page) -> Iterator[CompletionItem]:
    for name, definition in page.definitions("param", "let").items():
        declared = definition.declared
        kind = Kind.Function if declared.parameters else _KINDS[declared.keyword]
        yield _item(name, kind, _detail(definition), "", "3")


def _locals(page: Page, start: int) -> Iterator[CompletionItem]:
    for name in local_names(page.text, start):
        yield _item(name, Kind.Variable, "", "", "0")


def _of_depth(context: Context) -> Iterator[CompletionItem]:
    """Numbers that the language itself knows; a range of layers has no depth."""
    if context.frames and context.frames[-1].bracket is Bracket.RANGE:
        return
    for name in (*PLACES, *CONSTANTS):
        yield _item(name, Kind.Constant, "", words.PLACE_DOCS.get(name, ""), "4")
    for name in words.function_names():
        arguments, doc = words.signature(name)
        yield _item(name, Kind.Function, f"{name}({arguments})", doc, "4")


def _choices(page: Page, context: Context) -> Iterator[CompletionItem]:
    """The texts that a parameter can be set to, which need no quotes."""
    param = next((p for p in params_at(page, context) if p.name == context.subject), None)
    for choice in param.choices if param is not None and param.kind is ParamKind.TEXT else ():
        yield _item(choice, Kind.EnumMember, context.subject, "", "0")


def methods_at(page: Page, context: Context) -> tuple[Method, ...]:
    """The methods whose parameters a rule can set: that of the call, and those that rules of the statement choose."""
    frame = context.frame(Bracket.RULES)
    if frame is None:
        return ()
    chosen = (b.text for a, b in zip(context.before, context.before[1:], strict=False) if a.text == "=")
    names = dict.fromkeys((frame.function, *chosen))
    return tuple(page.plugins.methods[name].method for name in names if name in page.plugins.methods)


def params_at(page: Page, context: Context) -> tuple[Param, ...]:
    """The parameters that a rule can set."""
    return tuple({p.name: p for m in reversed(methods_at(page, context)) for p in m.params}.values())


def _param(param: Param) -> CompletionItem:
    return _item(param.name, Kind.Property, param.kind.value, param_text(param), "1" if param.required else "2")


def _rule(page: Page, context: Context) -> Iterator[CompletionItem]:
    params = params_at(page, context)
    yield from (_param(p) for p in params)
    yield _item(METHOD, Kind.Keyword, "", words.METHOD_RULE_DOC, "3")
    frame = context.frame(Bracket.RULES)
    if frame is not None and any(p.scope is Scope.PER_INPUT for p in params):
        for name in frame.inputs:
            yield _item(name, Kind.Module, "input", f"`{name}.parameter = …` sets it for this input alone.", "4")


def _selector() -> Iterator[CompletionItem]:
    for role in ROLES:
        yield _item(role, Kind.EnumMember, "role", words.ROLE_DOCS.get(role, ""), "1")
    for name, doc in words.SELECTOR_DOCS.items():
        yield _item(name, Kind.Function, "", doc, "2")


def _setting_value(page: Page, context: Context, start: int) -> Iterable[CompletionItem]:
    if context.subject == "dtype":
        return [_item(name, Kind.EnumMember, "dtype") for name in OUTPUT_NAMES]
    return _declared(page, start, "model") if context.subject in ("donor", "tokenizer", "chat_template") else ()


# --- inside of strings -----------------------------------------------------------------------------------------------


def _in_text(page: Page, context: Context, lines: Lines) -> Iterator[CompletionItem]:
    token = context.token
    assert token is not None
    end = token.end - 1 if token.is_closed else token.end
    written = page.text[token.start + 1 : end]
    place = lines.range(token.start + 1, end)
    for label, kind, detail in _texts(page, context, written):
        edit = TextEdit(place, label)
        yield CompletionItem(label, kind=kind, detail=detail, filter_text=label, text_edit=edit)


def _texts(page: Page, context: Context, written: str) -> Iterator[tuple[str, Kind, str]]:
    if context.in_selector or context.subject == "drop":
        yield from _tensors(page, written)
    elif context.statement in ("model", "include") and not context.frames:
        yield from _paths(page.directory, written, context.statement == "include")


def _tensors(page: Page, written: str) -> Iterator[tuple[str, Kind, str]]:
    """Globs; and full names, where what is written may be the beginning of one."""
    models = page.opened()
    counts: dict[str, int] = {}
    for model in models:
        for pattern, count in page.models.globs(model).items():
            counts[pattern] = max(count, counts.get(pattern, 0))
    if written and "*" not in written:
        counts.update((name, 1) for name in names_from(models, written))
    for pattern, count in counts.items():
        yield pattern, Kind.Value, counted(count, "tensor")


def _paths(directory: str, written: str, with_recipes: bool) -> Iterator[tuple[str, Kind, str]]:
    """Directories that go on from what is written, checkpoints among them marked; and recipes, where asked for."""
    above, _, _ = written.rpartition("/")
    prefix = f"{above}/" if "/" in written else ""
    try:
        with os.scandir(os.path.join(directory, os.path.expanduser(prefix))) as entries:
            found = sorted((e for e in entries if not e.name.startswith(".")), key=lambda e: e.name)
    except OSError:
        return
    for entry in found:
        if entry.is_dir():
            is_model = os.path.isfile(os.path.join(entry.path, "config.json"))
            yield prefix + entry.name, Kind.Folder, "checkpoint" if is_model and not with_recipes else "directory"
        elif with_recipes and entry.name.endswith(".merge"):
            yield prefix + entry.name, Kind.File, "recipe"
