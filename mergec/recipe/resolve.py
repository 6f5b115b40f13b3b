"""From a syntax tree to a recipe: every name looked up, every method found, every rule checked."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite

from mergec.core.suggest import did_you_mean
from mergec.diagnostics import Code, Report
from mergec.hooks import Plugins, check_requirement
from mergec.recipe.model import Model, Recipe
from mergec.recipe.names import Names, declare
from mergec.recipe.resolve_merge import MergeResolver
from mergec.recipe.resolve_output import find_output, resolve_output
from mergec.recipe.resolve_values import ValueResolver
from mergec.recipe.unused import without_unused
from mergec.syntax import tree


def resolve(
    document: tree.Document, plugins: Plugins, settings: tuple[tuple[str, str], ...], report: Report
) -> Recipe | None:
    """The recipe a document means; `settings` are the `--set name=value` of the command line."""
    for requirement in document.statements:
        if isinstance(requirement, tree.RequiresStatement):
            check_requirement(requirement.requirement.value, requirement.requirement.span, report)
    names = declare(document, report)
    chosen = _settings(settings, names, report)
    values = ValueResolver(names, chosen, report)
    _check_params(names, values, report)
    models = tuple(_model(s, report) for s in names.model_statements)
    written = find_output(document, names, report)
    resolver = MergeResolver(names, plugins, values, report)
    for statement in names.merges.values():
        resolver.check(statement)
    if written is None:
        return None
    root = resolver.resolve(tree.NameUse(written.name.text, written.name.span))
    output = resolve_output(written, root, names, report)
    if root is None or report.failed:
        return None
    sets = tuple(sorted(chosen.items()))
    recipe = Recipe(document.source, models, root, output, sets, document.files, document.text)
    return without_unused(recipe, names, report)


def _settings(settings: tuple[tuple[str, str], ...], names: Names, report: Report) -> Mapping[str, float]:
    chosen = {}
    for name, text in settings:
        if name not in names.params:
            known = f"params here: {', '.join(names.params)}" if names.params else "the recipe has no `param`"
            help = did_you_mean(name, names.params, known)
            report.error(Code.UNKNOWN_NAME, f"`--set {name}=…`: the recipe has no param `{name}`", help=help)
            continue
        try:
            number = float(text)
        except ValueError:
            report.error(Code.BAD_VALUE, f"`--set {name}={text}`: `{text}` is not a number")
            continue
        if isfinite(number):
            chosen[name] = number
        else:
            report.error(Code.BAD_VALUE, f"`--set {name}={text}`: `{text}` is not a finite number")
    return chosen


def _check_params(names: Names, values: ValueResolver, report: Report) -> None:
    for statement in names.params.values():
        name = statement.name
        value = values.number(tree.NameUse(name.text, name.span), f"`{name.text}`")
        if statement.low is None or statement.high is None or value is None:
            continue
        low, high = values.number(statement.low, "a bound"), values.number(statement.high, "a bound")
        if low is None or high is None or low <= value <= high:
            continue
        report.error(
            Code.OUT_OF_RANGE,
            f"`{name.text}` is {value:g}, outside {low:g}..{high:g}",
            statement.low.span.to(statement.high.span),
            "the range it declares",
        )


def _model(statement: tree.ModelStatement, report: Report) -> Model:
    reference = statement.reference.value
    path, _, adapter = reference.partition("+")
    path, _, revision = path.partition("@")
    if adapter:
        message = "LoRA adapters (`model+adapter`) are not supported yet"
        report.error(
            Code.NOT_SUPPORTED, message, statement.reference.span, help="merge the adapter into its model first"
        )
    if not path:
        report.error(Code.BAD_VALUE, "a model needs a directory or a Hub id", statement.reference.span)
    return Model(statement.name.text, reference, path, revision or None, statement.reference.span)
