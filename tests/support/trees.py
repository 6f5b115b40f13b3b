"""Reading a recipe in a test, and writing its tree on a few lines."""

from __future__ import annotations

from typing import Any

from mergec.diagnostics import Report, Source
from mergec.syntax import parse, tree


def read(text: str, name: str = "recipe.yaml") -> tuple[tree.Document | None, Report]:
    report = Report()
    return parse(Source(name, text), report), report


def found(report: Report) -> list[tuple[str, str, str]]:
    """Each finding's code, line:column and the text it points at."""
    spans = [d.span for d in report.diagnostics]
    return [
        (d.code.value, f"{s.line}:{s.column}" if s else "", s.text if s else "")
        for d, s in zip(report.diagnostics, spans, strict=True)
    ]


def written(node: Any) -> str:
    """A tree as text, close to the merge language; places are left out, and so is a base that is none."""
    match node:
        case tree.Document():
            return "\n".join(written(s) for s in node.statements)
        case tree.ModelStatement():
            return f'model {node.name.text} = "{node.reference.value}"'
        case tree.MergeStatement():
            return f"merge {node.name.text} = {written(node.value)}"
        case tree.OutputStatement():
            settings = "; ".join(f"{name.text} = {written(value)}" for name, value in node.settings)
            return f"output {node.name.text} {{{settings}}}"
        case tree.Call():
            default = [("base?", written(node.default_base))] if node.default_base else []
            values = [*((name.text, written(value)) for name, value in node.named), *default]
            named = [f"{name} = {value}" for name, value in values if value != "none"]
            rules = f" {{{'; '.join(written(r) for r in node.rules)}}}" if node.rules else ""
            return f"{node.function.text}({', '.join([*map(written, node.arguments), *named])}){rules}"
        case tree.LayerRange():
            return f"{written(node.operand)}[{written(node.first)}..{written(node.end)}]"
        case tree.Rule():
            input = "" if node.input is None else f"#{node.input}."
            selector = "" if node.selector is None else f"[{written(node.selector)}]"
            return f"{input}{node.parameter.text}{selector} = {written(node.value)}"
        case tree.Contains() | tree.Text():
            return f'"{node.text if isinstance(node, tree.Contains) else node.value}"'
        case tree.Number() | tree.Flag():
            return repr(node.value)
        case tree.NameUse():
            return node.text
    raise AssertionError(node)
