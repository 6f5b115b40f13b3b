from __future__ import annotations

import json

from mergec.diagnostics import Code, Diagnostic, Label, Severity, Source, Span
from mergec.diagnostics.render_json import render_json


def test_a_finding_as_json() -> None:
    source = Source("é.merge", "ab\ncd")
    finding = Diagnostic(Code.SYNTAX, "wrong", (Label(Span(source, 1, 4), "here"),), ("n",), "h", Severity.WARNING)
    text = render_json((finding, Diagnostic(Code.CYCLE, "round")))
    assert text.endswith("]\n")
    assert json.loads(text) == [
        {
            "severity": "warning",
            "code": "syntax",
            "message": "wrong",
            "labels": [
                {
                    "file": "é.merge",
                    "line": 1,
                    "column": 2,
                    "end_line": 2,
                    "end_column": 2,
                    "start": 1,
                    "end": 4,
                    "text": "here",
                }
            ],
            "notes": ["n"],
            "help": "h",
        },
        {"severity": "error", "code": "cycle", "message": "round", "labels": [], "notes": [], "help": None},
    ]


def test_nothing_found_is_an_empty_array() -> None:
    assert json.loads(render_json(())) == []
