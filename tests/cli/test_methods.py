"""What `mergec methods` says of the installed methods, and how it calls them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mergec.api import Base, Blend, Inputs, Method, Param, ParamKind, Scope
from mergec.diagnostics import Report, Source
from mergec.hooks import Provided, facts_of, load_plugins, signature_of
from mergec.syntax import parse
from tests.support.command import run_here

INSTALLED = tuple(load_plugins(Report()).methods.values())
BLEND = Blend(fixed=lambda count, arguments: None)
T = Param("t", "How far.")


@pytest.mark.parametrize("provided", INSTALLED, ids=lambda provided: provided.method.name)
def test_signatures_are_written_in_the_merge_language(provided: Provided) -> None:
    text = signature_of(provided.method).replace(", …", "").replace("…", "0.5").replace("METHOD", "linear")
    report = Report()
    assert parse(Source("recipe.merge", f"merge m = {text}"), report) is not None, report.diagnostics
    assert report.diagnostics == ()


@pytest.mark.parametrize(
    ("method", "signature"),
    [
        (Method("m", "", BLEND, Inputs(1, 1)), "m(a)"),
        (Method("m", "", BLEND, Inputs(1)), "m(a, b, …)"),
        (Method("m", "", BLEND, Inputs(3)), "m(a, b, c, …)"),
        (Method("m", "", BLEND, Inputs(2, 2), base=Base.FIRST), "m(base, a)"),
        (Method("m", "", BLEND, Inputs(2, 5), base=Base.SEPARATE), "m(a, b, …, base = base)"),
        (Method("m", "", BLEND, Inputs(1), wraps=True, base=Base.SEPARATE), "m(METHOD(a, b, …, base = base))"),
        (Method("m", "", BLEND, Inputs(1, 1), (T, Param("u", "", ParamKind.FLAG, default=True))), "m(a) { u = true }"),
        (
            Method("m", "", BLEND, Inputs(1, 1), (Param("w", "", required=True), Param("x", "", default=1.5))),
            "m(a) { w = …  x = 1.5 }",
        ),
    ],
)
def test_signatures(method: Method, signature: str) -> None:
    assert signature_of(method) == signature


@pytest.mark.parametrize(
    ("param", "facts"),
    [
        (T, "number, optional"),
        (Param("t", "", low=0, high=1, default=0.5), "number, 0 to 1, default 0.5"),
        (Param("t", "", above=0, high=1, required=True), "number, above 0 and at most 1, required"),
        (
            Param("t", "", scope=Scope.PER_INPUT, low=0, unit="degrees"),
            "number, one per input, at least 0, in degrees, optional",
        ),
        (Param("t", "", ParamKind.TEXT, default="l1", choices=("l1", "l2")), "l1 or l2, default l1"),
        (Param("t", "", ParamKind.INTEGER, default=3, usual=(1, 9)), "integer, usually 1 to 9, default 3"),
    ],
)
def test_facts(param: Param, facts: str) -> None:
    assert ", ".join(facts_of(param)) == facts


def test_the_list_has_every_method_once(tmp_path: Path) -> None:
    lines = run_here("methods", cwd=tmp_path).stdout.splitlines()
    names = [line.split()[0] for line in lines if line.startswith("  ")]
    assert sorted(names) == sorted(p.method.name for p in INSTALLED)
    assert all("(mergec " in line for line in lines if line.startswith("  "))


def test_json_tells_all(tmp_path: Path) -> None:
    told = {m["name"]: m for m in json.loads(run_here("methods", "--format", "json", cwd=tmp_path).stdout)}
    assert set(told) == {p.method.name for p in INSTALLED}
    linear = told["linear"]
    assert linear["signature"] == "linear(a, b, …) { weight = …  normalize = true }"
    assert linear["provider"]["distribution"] == "mergec"
    assert [p["name"] for p in linear["parameters"]] == ["weight", "normalize"]
    for provided in INSTALLED:
        method, said = provided.method, told[provided.method.name]
        assert said["fallback"] == (method.fallback and method.fallback.name)
        assert (said["wraps"], said["random"], said["symmetric"]) == (method.wraps, method.random, method.symmetric)


def test_one_method_in_full_and_one_that_is_not_there(tmp_path: Path) -> None:
    done = run_here("methods", "slerp", cwd=tmp_path)
    assert "  merge NAME = slerp(base, a) { t = … }\n" in done.stdout
    assert "  t: number, usually 0 to 1, required\n" in done.stdout
    done = run_here("methods", "slurp", cwd=tmp_path)
    assert done.returncode == 1
    assert "did you mean `slerp`?" in done.stderr
