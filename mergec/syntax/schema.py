"""The published JSON Schema of the YAML form, as a second opinion on a recipe that mergec's own checks accept."""

from __future__ import annotations

import json

from mergec.diagnostics import Code, Report, Source
from mergec.syntax.grammar_text import read_grammar_file

SCHEMA = "recipe.schema.json"


def check_schema(source: Source, report: Report) -> None:
    """Report where a YAML recipe departs from the schema. Call it only for text that `parse` accepts."""
    import yaml
    from jsonschema import Draft202012Validator

    validator = Draft202012Validator(json.loads(read_grammar_file(SCHEMA)))
    for error in validator.iter_errors(yaml.safe_load(source.text)):
        path = ".".join(map(str, error.absolute_path)) or "the recipe"
        report.error(Code.WRONG_TYPE, f"{path}: {error.message}", help="`mergec schema` prints the schema")
