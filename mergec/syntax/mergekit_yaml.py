"""The mergekit front end: YAML text in, the syntax tree of a recipe out.

mergekit's own rules of precedence are written down in the tree, lowest first: parameters of the recipe, of the slice,
of the model; and within a list of filters, where mergekit takes the first match, from the last to the first.
"""

from __future__ import annotations

from collections.abc import Iterator

from mergec.diagnostics import Code, Report, Source
from mergec.syntax.mergekit_check import checked
from mergec.syntax.mergekit_form import InputForm, MergeForm, ModelRef, SliceForm
from mergec.syntax.mergekit_refs import names_of
from mergec.syntax.mergekit_rules import rules_of
from mergec.syntax.tree import (
    Call,
    Document,
    Expression,
    LayerRange,
    MergeStatement,
    ModelStatement,
    Name,
    NameUse,
    OutputStatement,
    RequiresStatement,
    Rule,
    Statement,
    Text,
)
from mergec.syntax.yaml_compose import compose
from mergec.syntax.yaml_errors import Findings, Refused

MAX_RULES = 100_000
_MERGE = "merged"

Names = dict[tuple[str, str | None], str]


def parse_mergekit_yaml(source: Source, report: Report) -> Document | None:
    """The tree of a recipe in mergekit's YAML; None after errors, which are in `report`."""
    findings = Findings()
    try:
        root = compose(source, findings)
        form = None if root is None else checked(root, findings)
        document = None if form is None or findings.failed else _document(form, source)
    except Refused as refused:
        document = None
        Report.add(findings, refused.diagnostic)
    for diagnostic in findings.diagnostics:
        report.add(diagnostic)
    return document


def _document(form: MergeForm, source: Source) -> Document:
    models = list(_models(form))
    names = names_of(models, taken=(form.method.text,))
    first = {model.key: model for model in reversed(models)}
    statements: list[Statement] = [RequiresStatement(text, text.span) for text in form.requirements]
    statements += [_model_statement(first[key], name) for key, name in names.items()]
    statements.append(MergeStatement(Name(_MERGE, form.method.span), _merge(form, names), form.span))
    statements.append(_output(form, names))
    return Document(source, tuple(statements))


def _models(form: MergeForm) -> Iterator[ModelRef]:
    """Every reference, in the order in which models are numbered: those listed, then the bases."""
    for part in form.slices:
        yield from (entry.model for entry in part.inputs)
    if form.donor is not None:
        yield form.donor[1]
    yield from (part.base for part in form.slices if part.base is not None)


def _model_statement(model: ModelRef, name: str) -> ModelStatement:
    return ModelStatement(Name(name, model.span), Text(model.text, model.span), model.span)


def _output(form: MergeForm, names: Names) -> OutputStatement:
    settings: list[tuple[Name, Expression]] = []
    if form.dtype is not None:
        key, dtype = form.dtype
        settings.append((Name("dtype", key.span), dtype))
    if form.donor is not None:
        key, model = form.donor
        settings.append((Name("donor", key.span), _use(model, names)))
    return OutputStatement(Name(_MERGE, form.method.span), tuple(settings), form.span)


def _merge(form: MergeForm, names: Names) -> Call:
    shared = rules_of(form.settings)
    if len(shared) * len(form.slices) > MAX_RULES:
        what = f"the parameters of {len(form.slices):,} slices make more than {MAX_RULES:,} rules"
        raise Refused(Code.TOO_COMPLEX, what, form.list_key.span)
    calls = tuple(_call(form, part, shared, names) for part in form.slices)
    if len(calls) == 1:
        return calls[0]
    span = calls[0].span.to(calls[-1].span)
    return Call(Name("stack", form.list_key.span), calls, (), (), span)


def _call(form: MergeForm, part: SliceForm, shared: tuple[Rule, ...], names: Names) -> Call:
    arguments = [_argument(entry, names) for entry in part.inputs]
    listed = {entry.model.key for entry in part.inputs}
    if form.whole and part.base is not None and part.base.key not in listed:
        arguments.append(_use(part.base, names))
    base = None if part.base is None else _use(part.base, names)
    own = (rule for i, entry in enumerate(part.inputs) for rule in rules_of(entry.settings, i))
    rules = (*shared, *rules_of(part.settings), *own)
    return Call(form.method, tuple(arguments), () if base else _no_base(form), rules, part.span, base)


def _no_base(form: MergeForm) -> tuple[tuple[Name, Expression], ...]:
    """A base that is not named is none, never the first model listed."""
    return ((Name("base", form.method.span), NameUse("none", form.method.span)),)


def _argument(entry: InputForm, names: Names) -> Expression:
    model = _use(entry.model, names)
    if entry.layers is None:
        return model
    return LayerRange(model, *entry.layers, entry.span)


def _use(model: ModelRef, names: Names) -> NameUse:
    return NameUse(names[model.key], model.span)
