"""`mergec convert`."""

from __future__ import annotations

import os

from typer import BadParameter

from mergec.cli.console import write_result
from mergec.cli.inputs import pairs, read_source
from mergec.diagnostics import Report
from mergec.driver import Request
from mergec.driver.convert import to_merge_language, to_mergekit_yaml
from mergec.syntax import is_merge_language


def convert_command(recipe: str, to: str, output: str | None, settings: list[str] | None, report: Report) -> None:
    """Print the recipe in the other tongue, or write it to a file."""
    source = read_source(recipe, report)
    here = "." if recipe == "-" else os.path.dirname(recipe) or "."
    there = here if output in (None, "-") else os.path.dirname(str(output)) or "."
    request = Request(directory=here, settings=pairs(settings, "--set"))
    if is_merge_language(source) is (to == "merge"):
        tongue = "in the merge language already; `mergec fmt` lays it out" if to == "merge" else "YAML already"
        raise BadParameter(f"`{recipe}` is {tongue}", param_hint="--to")
    if to == "yaml":
        text = to_mergekit_yaml(source, request, there, report)
    elif settings:
        raise BadParameter("YAML has no `param` to set", param_hint="--set")
    else:
        text = to_merge_language(source, request, there, report)
    write_result(text.removesuffix("\n"), output)
