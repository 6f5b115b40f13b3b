"""The shape of `explain --format json`, version 1: other people's scripts depend on it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from tests.support.command import run_here
from tests.support.tiny import write_tiny


def record(**properties: Any) -> dict[str, Any]:
    """An object with just these keys."""
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def listed(items: Any) -> dict[str, Any]:
    return {"type": "array", "items": items}


def optional(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


TEXT: dict[str, Any] = {"type": "string", "minLength": 1}
COUNT: dict[str, Any] = {"type": "integer", "minimum": 0}
SHAPE = listed(COUNT)
DTYPE = {"enum": ["BF16", "F16", "F32", "F64", "I64", "U8", "BOOL"]}
ORIGIN = record(file=TEXT, line={"type": "integer", "minimum": 1}, column={"type": "integer", "minimum": 1}, text=TEXT)
BOUND = record(
    value={"type": ["number", "boolean", "string", "null"]}, origin=optional(ORIGIN), shadowed=listed(ORIGIN)
)
STORED = record(model=TEXT, tensor=TEXT, dtype=DTYPE, shape=SHAPE, file=TEXT, note=optional(TEXT))
PARAMETERS = {"type": "object", "additionalProperties": {"anyOf": [BOUND, listed(BOUND)]}}
DEPTH = optional({"type": "number", "minimum": 0, "maximum": 1})
INPUT = {"$ref": "#/$defs/input"}
REPEATED = record(merge=TEXT, tensor=TEXT, method=TEXT, repeated={"const": True})
MERGED = record(
    merge=optional(TEXT),
    tensor=TEXT,
    method=TEXT,
    repeated={"const": False},
    fallback_of=optional(TEXT),
    depth=DEPTH,
    parameters=PARAMETERS,
    inputs=listed(INPUT),
    base=optional(INPUT),
)
TENSOR = record(
    name=TEXT,
    merge=optional(TEXT),
    method=TEXT,
    fallback_of=optional(TEXT),
    dtype=DTYPE,
    shape=SHAPE,
    layer=optional(COUNT),
    layers=COUNT,
    depth=DEPTH,
    parameters=PARAMETERS,
    inputs=listed(INPUT),
    base=optional(INPUT),
    shard=TEXT,
    offset=COUNT,
)
MODEL = record(
    reference=TEXT, revision=optional(TEXT), tensors=COUNT, bytes=COUNT, files=listed(TEXT), donor={"type": "boolean"}
)
LABEL = record(
    file=TEXT,
    text={"type": "string"},
    **dict.fromkeys(("line", "column", "end_line", "end_column", "start", "end"), COUNT),
)
WARNING = record(
    severity={"const": "warning"},
    code=TEXT,
    message=TEXT,
    labels=listed(LABEL),
    notes=listed(TEXT),
    help=optional(TEXT),
)
DOCUMENT = record(
    version={"const": 1},
    recipe=TEXT,
    plan={"type": "string", "pattern": "^[0-9a-f]{64}$"},
    output=TEXT,
    seed=optional(COUNT),
    models={"type": "object", "additionalProperties": MODEL},
    totals=record(tensors=COUNT, parameters=COUNT, read_bytes=COUNT, write_bytes=COUNT, peak_bytes=COUNT, files=COUNT),
    tensors=listed(TENSOR),
    dropped=listed(record(model=TEXT, name=TEXT, reason=TEXT, origin=optional(ORIGIN))),
    warnings=listed(WARNING),
)
DOCUMENT["$defs"] = {"input": {"anyOf": [STORED, MERGED, REPEATED]}}

RICH = """
model base = "base"
model tuned = "tuned"
merge blend = stack(base[0..1], linear(base[1..3], tuned[0..2]) {
  weight            = curve(0, 1)
  tuned.weight[mlp] = 1.5
  normalize         = false
  weight["*mpl*"]   = 0
})
"""


def explained(folder: Path, *arguments: str) -> dict[str, Any]:
    done = run_here("explain", *arguments, "--format", "json", cwd=folder)
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    assert [error.message for error in Draft202012Validator(DOCUMENT).iter_errors(document)] == []
    return document


def test_the_demo_has_the_documented_shape(demo: Path) -> None:
    for recipe in ("recipe.merge", "recipe.yaml"):
        document = explained(demo, recipe)
        assert document["recipe"] == recipe
        assert document["totals"]["tensors"] == len(document["tensors"]) == 57
        assert document["models"]["base"]["donor"] is True


def test_every_value_has_its_origin(demo: Path) -> None:
    tensors = {t["name"]: t for t in explained(demo, "recipe.merge")["tensors"]}
    t = tensors["model.layers.1.mlp.up_proj.weight"]["parameters"]["t"]
    assert t["value"] == 0.6
    assert t["origin"] == {
        "file": "recipe.merge",
        "line": 10,
        "column": 3,
        "text": 't["*mlp*"] = curve(1, 0.5, 0, 0.5, 1)',
    }
    assert [s["line"] for s in t["shadowed"]] == [8]


def test_stacks_values_per_input_and_warnings_keep_to_it(models: Path) -> None:
    for name in ("base", "tuned"):
        write_tiny(models / name, "llama layers=3")
    models.joinpath("rich.merge").write_text(RICH)
    document = explained(models, "rich.merge")
    tensors = {t["name"]: t for t in document["tensors"]}
    copied, blended = tensors["model.layers.0.mlp.up_proj.weight"], tensors["model.layers.1.mlp.up_proj.weight"]
    assert (copied["method"], copied["parameters"], copied["depth"]) == ("copy", {}, None)
    assert [b["value"] for b in blended["parameters"]["weight"]] == [0.0, 1.5]
    assert [i["tensor"] for i in blended["inputs"]] == [f"model.layers.{i}.mlp.up_proj.weight" for i in (1, 0)]
    assert [w["code"] for w in document["warnings"]] == ["rule-matches-nothing"]
    assert {d["reason"] for d in document["dropped"]} >= {"layer 2 is in no slice of `tuned`"}


def test_a_glob_narrows_the_tensors(demo: Path) -> None:
    document = explained(demo, "recipe.merge", "--tensors", "*.0.mlp.*", "--tensors", "lm_head.*")
    assert len(document["tensors"]) == 4
    assert document["totals"]["tensors"] == 57
