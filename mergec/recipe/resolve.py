"""From a syntax tree to a recipe: every name looked up, every method found, every rule checked."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite

from mergec.core.dtype import OUTPUT_NAMES, DType
from mergec.core.suggest import did_you_mean
from mergec.diagnostics import Code, Label, Report, Span
from mergec.hooks import Plugins, check_requirement
from mergec.recipe.model import DropRule, Merge, Model, ModelUse, Node, Output, Recipe, Slice, Stack
from mergec.recipe.names import Names, declare, unknown_name
from mergec.recipe.resolve_merge import MergeResolver
from mergec.recipe.resolve_values import ValueResolver
from mergec.recipe.unused import without_unused
from mergec.syntax import tree

SETTINGS = ("dtype", "donor", "drop")


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
    written = _output_statement(document, names, report)
    resolver = MergeResolver(names, plugins, values, report)
    for statement in names.merges.values():
        resolver.check(statement)
    if written is None:
        return None
    root = resolver.resolve(tree.NameUse(written.name.text, written.name.span))
    output = _output(written, root, names, report)
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


def _output_statement(document: tree.Document, names: Names, report: Report) -> tree.OutputStatement | None:
    written = [s for s in document.statements if isinstance(s, tree.OutputStatement)]
    if len(written) > 1:
        report.error(
            Code.NO_OUTPUT,
            "a recipe has one output",
            written[1].name.span,
            also=(Label(written[0].name.span, "the first one"),),
            help="remove one of them",
        )
    if written:
        if written[0].name.text in names.merges:
            return written[0]
        unknown_name(written[0].name.text, written[0].name.span, tuple(names.merges), "a merge", report)
        return None
    if len(names.merges) == 1:
        (merge,) = names.merges.values()
        return tree.OutputStatement(merge.name, (), merge.name.span)
    if names.merges:
        labels = tuple(Label(m.name.span) for m in names.merges.values())
        help = f"add a line such as `output {list(names.merges)[-1]}`"
        report.error(Code.NO_OUTPUT, "which merge is to be written?", also=labels, help=help)
    elif not any(isinstance(s, tree.MergeStatement) for s in document.statements):
        help = "add `merge NAME = slerp(a, b) { t = 0.5 }`"
        report.error(Code.NO_OUTPUT, "the recipe merges nothing", Span(document.source, 0, 0), help=help)
    return None


def _output(statement: tree.OutputStatement, root: Node | None, names: Names, report: Report) -> Output:
    dtype: DType | None = None
    donor = _first_model(root) if root is not None else 0
    drop: list[DropRule] = []
    for name, value in statement.settings:
        match name.text:
            case "dtype":
                dtype = _dtype(value, report)
            case "donor":
                donor = _donor(value, names, donor, report)
            case "drop":
                drop.extend(_drop(value, report))
            case _:
                report.error(
                    Code.UNKNOWN_KEY,
                    f"an output has no setting `{name.text}`",
                    name.span,
                    help=did_you_mean(name.text, SETTINGS, f"settings: {', '.join(SETTINGS)}"),
                )
    return Output(statement.name.text, dtype, donor, tuple(drop))


def _dtype(value: tree.Expression, report: Report) -> DType | None:
    name = value.text if isinstance(value, tree.NameUse) else value.value if isinstance(value, tree.Text) else ""
    if name in OUTPUT_NAMES:
        return OUTPUT_NAMES[name]
    aliases = {"bf16": "bfloat16", "fp16": "float16", "half": "float16", "fp32": "float32", "float": "float32"}
    listed = f"choose one of {', '.join(OUTPUT_NAMES)}"
    help = f"did you mean `{aliases[name]}`?" if name in aliases else did_you_mean(name, OUTPUT_NAMES, listed)
    report.error(Code.BAD_DTYPE, f"`{value.span.text}` is not a dtype of an output", value.span, help=help)
    return None


def _donor(value: tree.Expression, names: Names, otherwise: int, report: Report) -> int:
    if isinstance(value, tree.NameUse) and value.text in names.models:
        return names.models[value.text]
    unknown_name(value.span.text, value.span, tuple(names.models), "a model", report)
    return otherwise


def _drop(value: tree.Expression, report: Report) -> tuple[DropRule, ...]:
    if isinstance(value, tree.Text):
        return (DropRule(value.value, value.span),)
    report.error(Code.BAD_VALUE, '`drop` is a glob of tensor names, such as `"v_head.*"`', value.span)
    return ()


def _first_model(node: Node) -> int:
    match node:
        case ModelUse():
            return node.model
        case Slice():
            return _first_model(node.node)
        case Stack():
            return _first_model(node.parts[0])
        case Merge():
            return _first_model(node.base or node.inputs[0])
