"""Which inputs a rule speaks of."""

from __future__ import annotations

from pathlib import Path

from mergec.diagnostics import Report, Source
from mergec.hooks import Plugins, load_plugins
from mergec.recipe import Constant, Merge, resolve
from mergec.syntax import parse
from tests.support.finding import findings
from tests.support.methods import TASK
from tests.support.plugins import with_methods
from tests.support.tiny import write_tiny

TWICE = 'model a = "a"\nmodel b = "b"\nmerge m = linear(a[0..2], b[0..2], a[2..4]) { weight = 1  a.weight = 3 }'
TASK_YAML = """
merge_method: task
base_model: a
models:
- model: a
  parameters: {weight: 1}
- model: b
  parameters: {weight: 2}
"""


def rules(text: str, name: str, plugins: Plugins | None = None) -> tuple[list[tuple[int | None, object]], list[str]]:
    """The input and the value of each rule of the one merge, and the codes of what was found."""
    report = Report()
    document = parse(Source(name, text), report)
    assert document is not None
    recipe = resolve(document, plugins or load_plugins(report), (), report)
    assert recipe is not None, report.diagnostics
    assert isinstance(recipe.root, Merge)
    found: list[tuple[int | None, object]] = [
        (r.input, r.value.value) for r in recipe.root.rules if isinstance(r.value, Constant)
    ]
    return found, [d.code.value for d in report.diagnostics]


def test_a_name_means_every_use_of_the_model() -> None:
    assert rules(TWICE, "r.merge") == ([(None, 1), (0, 3), (2, 3)], [])


def test_a_base_that_is_no_input_shifts_the_rules_of_the_others() -> None:
    assert rules(TASK_YAML, "r.yaml", with_methods(TASK)) == ([(0, 2)], ["rule-matches-nothing"])


def test_a_base_that_would_be_ignored_is_refused(tmp_path: Path) -> None:
    models = 'model a = "./a"\nmodel b = "./b"\nmodel c = "./c"\n'
    for merge in (
        "linear(a, b, base = c) { weight = 1 }",
        "slerp(a, base = c)",
        "passthrough(a[0..2], base = c)",
    ):
        assert findings(tmp_path, f"{models}merge m = {merge}", "merge") == ["error unknown-parameter base = c"]
    for merge in ("linear(a, c, base = c) { weight = 1 }", "linear(a, b) { weight = 1 method[norm] = lerp t = 0 }"):
        codes = {f.split()[1] for f in findings(tmp_path, f"{models}merge m = {merge}", "merge")}
        assert codes <= {"missing-model", "unused-name"}


def test_a_base_of_yaml_that_gives_the_tokenizer_only(tmp_path: Path) -> None:
    for name in "ac":
        write_tiny(tmp_path / name, "llama")
    text = """
merge_method: linear
base_model: c
slices: [{sources: [{model: a, layer_range: [0, 4]}]}]
parameters: {weight: 1}
"""
    assert findings(tmp_path, text) == []
