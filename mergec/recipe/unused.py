"""What a recipe declares and its output does not need."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from mergec.diagnostics import Code, Report
from mergec.recipe.mentions import names_in
from mergec.recipe.model import Merge, ModelUse, Node, Output, Recipe, Slice, Stack, model_uses
from mergec.recipe.names import Names
from mergec.syntax import tree

_KINDS = {
    tree.ModelStatement: "model",
    tree.ParamStatement: "param",
    tree.LetStatement: "value",
    tree.MergeStatement: "merge",
}


def without_unused(recipe: Recipe, names: Names, report: Report) -> Recipe:
    """The recipe without models that nothing is taken from; a warning for each name that the output does not need."""
    used = {use.model for use in model_uses(recipe.root)} | {recipe.output.donor}
    used |= {use.model for use in recipe.output.uses}
    needed = _needed(recipe.output.name, names) | {recipe.models[i].name for i in used}
    for name, statement in names.statements.items():
        if statement.name.span.source is not recipe.source:
            continue  # an included file is there for other recipes too
        if name not in needed or (name in names.models and names.models[name] not in used):
            report.warn(
                Code.UNUSED_NAME,
                f"the {_KINDS[type(statement)]} `{name}` is not used",
                statement.name.span,
                f"`{recipe.output.name}` is made without it",
                help="remove it, or use it",
            )
    if len(used) == len(recipe.models):
        return recipe
    numbers = {old: new for new, old in enumerate(sorted(used))}
    return replace(
        recipe,
        models=tuple(recipe.models[i] for i in numbers),
        root=_renumbered(recipe.root, numbers, {}),
        output=_renumbered_output(recipe.output, numbers),
    )


def _renumbered_output(output: Output, numbers: Mapping[int, int]) -> Output:
    tokenizer, template = output.tokenizer, output.chat_template
    return replace(
        output,
        donor=numbers[output.donor],
        tokenizer=tokenizer and replace(tokenizer, model=numbers[tokenizer.model]),
        chat_template=replace(template, model=numbers[template.model]) if isinstance(template, ModelUse) else template,
    )


def _renumbered(node: Node, numbers: Mapping[int, int], done: dict[int, Node]) -> Node:
    """The node with new numbers of models; a node that is used twice stays one node."""
    if id(node) not in done:
        done[id(node)] = _rebuilt(node, numbers, done)
    return done[id(node)]


def _rebuilt(node: Node, numbers: Mapping[int, int], done: dict[int, Node]) -> Node:
    match node:
        case ModelUse():
            return replace(node, model=numbers[node.model])
        case Slice():
            part = _renumbered(node.node, numbers, done)
            assert not isinstance(part, ModelUse)
            return replace(node, node=part)
        case Stack():
            return replace(node, parts=tuple(_renumbered(p, numbers, done) for p in node.parts))
        case Merge():
            base = None if node.base is None else _renumbered(node.base, numbers, done)
            return replace(node, inputs=tuple(_renumbered(i, numbers, done) for i in node.inputs), base=base)


def _needed(output: str, names: Names) -> set[str]:
    """The names that the output's merge is written with, and those that these are written with."""
    needed: set[str] = set()
    waiting = [output]
    while waiting:
        name = waiting.pop()
        if name in needed or name not in names.statements:
            continue
        needed.add(name)
        waiting.extend(_mentioned(names.statements[name]))
    return needed


def _mentioned(statement: tree.Statement) -> Iterator[str]:
    match statement:
        case tree.LetStatement():
            own = {p.text for p in statement.parameters}
            yield from (n for n in names_in(statement.value) if n not in own)
        case tree.MergeStatement():
            yield from names_in(statement.value)
        case tree.ParamStatement():
            for part in (statement.default, statement.low, statement.high):
                yield from names_in(part) if part is not None else ()
