"""A syntax tree as text with every grouping spelled out, so that a test can state the tree it expects."""

from __future__ import annotations

from typing import Any

from mergec.syntax import tree


def outline(node: Any) -> str:
    """One line for each statement; places are left out."""
    match node:
        case tree.Document():
            return "\n".join(_statement(statement) for statement in node.statements)
        case tree.Rule():
            owner = f"{node.input.text}." if isinstance(node.input, tree.Name) else ""
            where = f"[{_selector(node.selector)}]" if node.selector else ""
            return f"{owner}{node.parameter.text}{where} = {_value(node.value)}"
    return _value(node)


def _statement(node: tree.Statement) -> str:
    match node:
        case tree.ModelStatement():
            return f"model {node.name.text} = {_value(node.reference)}"
        case tree.ParamStatement():
            bounds = f" in {_value(node.low)}..{_value(node.high)}" if node.low and node.high else ""
            return f"param {node.name.text} = {_value(node.default)}{bounds}"
        case tree.LetStatement():
            parameters = f"({', '.join(name.text for name in node.parameters)})" if node.parameters else ""
            return f"let {node.name.text}{parameters} = {_value(node.value)}"
        case tree.MergeStatement():
            return f"merge {node.name.text} = {_value(node.value)}"
        case tree.OutputStatement():
            settings = [f"{name.text} = {_value(value)}" for name, value in node.settings]
            return f"output {node.name.text} {{{'; '.join(settings)}}}"
        case tree.RequiresStatement():
            return f"requires {_value(node.requirement)}"
        case tree.IncludeStatement():
            return f"include {_value(node.path)}"


def _value(node: tree.Expression) -> str:
    match node:
        case tree.Number() | tree.Flag():
            return repr(node.value)
        case tree.Text():
            return f'"{node.value}"'
        case tree.NameUse():
            return node.text
        case tree.Unary():
            return f"({node.operator}{_value(node.operand)})"
        case tree.Binary():
            return f"({_value(node.left)} {node.operator} {_value(node.right)})"
        case tree.LayerRange():
            first, end = (_value(bound) if bound else "" for bound in (node.first, node.end))
            return f"{_value(node.operand)}[{first}..{end}]"
        case tree.ForEach():
            step = f" by {_value(node.step)}" if node.step else ""
            numbers = f"{node.variable.text} in {_value(node.first)}..{_value(node.end)}{step}"
            text = f"{', '.join(map(_value, node.parts))} for {numbers}"
            return f"({text})" if node.in_parentheses else text
        case tree.Call():
            arguments = [*map(_value, node.arguments), *(f"{name.text}: {_value(v)}" for name, v in node.named)]
            rules = f" {{{'; '.join(map(outline, node.rules))}}}" if node.rules else ""
            return f"{node.function.text}({', '.join(arguments)}){rules}"


def _selector(node: tree.Selector) -> str:
    match node:
        case tree.Role():
            return node.name
        case tree.InLayers():
            return f"layers {node.first}..{node.end}"
        case tree.HasRank():
            return f"rank {node.rank}"
        case tree.Glob():
            return f'"{node.pattern}"'
        case tree.Regex():
            return f"/{node.pattern}/"
        case tree.Contains():
            return f"contains {node.text}"
        case tree.Not():
            return f"(not {_selector(node.operand)})"
        case tree.And():
            return f"({_selector(node.left)} and {_selector(node.right)})"
        case tree.Or():
            return f"({_selector(node.left)} or {_selector(node.right)})"
