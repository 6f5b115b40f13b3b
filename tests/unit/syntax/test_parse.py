"""Which tongue a recipe is in."""

from __future__ import annotations

import subprocess
import sys

import pytest

from mergec.diagnostics import Source
from mergec.syntax import is_merge_language

MERGE = 'model a = "x"\n'
YAML = "merge_method: slerp\n"


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("r.merge", YAML, True),
        ("r.yaml", MERGE, False),
        ("R.YML", MERGE, False),
        ("<stdin>", MERGE, True),
        ("<stdin>", YAML, False),
        ("<stdin>", "", False),
        ("r.txt", "\ufeff\n# a: comment\n  merge b = slerp(a, a)\n", True),
        ("r.txt", 'requires "x"\n', True),
        ("r.txt", "model=\n", True),
        ("r.txt", "# model a\nmodels: []\n", False),
        ("r.txt", "model: a\n", False),
        ("r.txt", "output : a\n", False),
        ("r.txt", "{model: a}\n", False),
    ],
)
def test_tongue(name: str, text: str, expected: bool) -> None:
    assert is_merge_language(Source(name, text)) is expected


def test_yaml_recipes_are_read_without_heavy_libraries() -> None:
    code = (
        "import sys; from mergec.syntax import parse; from mergec.diagnostics import Report, Source\n"
        f"assert parse(Source('r.yaml', 'models: [{{model: a}}]\\n' + {YAML!r}), Report())\n"
        "heavy = {'torch', 'transformers', 'jsonschema', 'lark', 'huggingface_hub'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
