"""Explanations of merges inside merges, and the forms that other programs show."""

from __future__ import annotations

import csv
import io
import json
from html.parser import HTMLParser
from pathlib import Path

import pytest

from mergec.core.style import Style
from mergec.plan import Plan
from mergec.plan.explain import explain_csv, explain_html, explain_json, explain_text, tensors_text
from tests.support.compiling import compile_text
from tests.support.tiny import write_tiny

MODELS = 'model base = "base"\nmodel code = "code"\nmodel math = "math"\n'
NESTED = (
    MODELS
    + """
merge clean = linear(code, math) { weight = 0.5  code.weight[mlp] = curve(0.25, 0.75) }
merge final = slerp(clean, lerp(base, code) { t = depth }) { t = 0.2 }
output final
"""
)
UP = "model.layers.1.mlp.up_proj.weight"
VOID = {"meta"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("base", "code", "math"):
        write_tiny(tmp_path / name, "llama layers=3")
    return tmp_path


@pytest.fixture
def plan(folder: Path) -> Plan:
    return compile_text(folder, NESTED, "merge").plan


def test_every_merge_inside_has_maps_and_a_table(plan: Plan) -> None:
    text = explain_text(plan, Style())
    outer, clean, lerp = text.split(", an inner merge (")[0:3]
    assert clean.startswith(f"{plan.recipe.source.name}:5:15)\n\nweight of code, by layer\n")
    assert outer.endswith("\n\nclean")
    assert clean.endswith("\n\nlerp")
    assert "t by layer: 0 is all clean, 1 is all lerp" in outer
    assert "t by layer: 0 is all base, 1 is all code" in lerp
    assert [line.split("  ")[-1] for line in outer.splitlines() if "6:62" in line] == ["clean, lerp"] * 3


def test_a_tensor_shows_the_tree_of_its_merges(plan: Plan) -> None:
    lines = tensors_text(plan, (UP,), Style()).splitlines()
    depth = {
        line.strip().split()[1]: len(line) - len(line.lstrip()) for line in lines if line.strip().startswith("from")
    }
    assert depth == {"clean": 2, "lerp": 2, "base": 4, "code": 4, "math": 4}
    assert any(line.startswith("    code.weight = 0.5, from ") for line in lines)
    assert f"  from clean  {UP}, depth 0.5" in lines


def test_what_is_used_twice_is_told_once(folder: Path) -> None:
    chain = "merge m0 = lerp(base, code) { t = 0.5 }\n"
    chain += "".join(f"merge m{i} = slerp(m{i - 1}, m{i - 1}) {{ t = 0.5 }}\n" for i in range(1, 9))
    plan = compile_text(folder, f"{MODELS}{chain}output m8", "merge").plan
    text = tensors_text(plan, (UP,), Style())
    assert text.count(", as above") == 8
    assert len(text.splitlines()) < 60
    told = json.loads(explain_json(plan, (), (UP,)))["tensors"][0]
    assert told["inputs"][1] == {"merge": "m7", "tensor": UP, "method": "slerp", "repeated": True}
    assert told["inputs"][0]["repeated"] is False
    assert "and 2 more inner merges: " in explain_text(plan, Style())


def test_json_holds_the_merges_inside(plan: Plan) -> None:
    told = next(t for t in json.loads(explain_json(plan, ()))["tensors"] if t["name"] == UP)
    clean, lerp = told["inputs"]
    assert (told["merge"], clean["merge"], lerp["merge"]) == ("final", "clean", None)
    assert [w["value"] for w in clean["parameters"]["weight"]] == [0.5, 0.5]
    assert clean["parameters"]["weight"][0]["origin"]["text"] == "code.weight[mlp] = curve(0.25, 0.75)"
    assert [i["model"] for i in clean["inputs"]] == ["code", "math"]
    assert (lerp["method"], lerp["depth"], lerp["parameters"]["t"]["value"]) == ("lerp", 0.5, 0.5)


def test_layers_are_shown_where_they_move(folder: Path) -> None:
    text = MODELS + "merge m = stack(lerp(base[0..2], code[1..3]) { t = 0.5 }, base[2..3])"
    table = explain_text(compile_text(folder, text, "merge").plan, Style()).split("\n\n")[-1]
    assert "base, code[1..3]" in table
    assert table.count("base[") == 0


@pytest.mark.parametrize("width", [60, 80, 100, 140])
def test_long_names_leave_room_for_each_other(width: int, tmp_path: Path) -> None:
    names = ["a_model_with_a_very_long_name_of_some_step", "a_model_with_a_very_long_name_of_another"]
    for name in names:
        write_tiny(tmp_path / name, "llama layers=2")
    models = "".join(f'model {n} = "{n}"\n' for n in names)
    plan = compile_text(tmp_path, f"{models}merge m = lerp({', '.join(names)}) {{ t = depth }}", "merge").plan
    maps, table = explain_text(plan, Style(width)).split("\n\n")[1:]
    assert all(len(line) <= width for line in (*maps.splitlines(), *table.splitlines()))
    if width >= 80:
        first, second = table.splitlines()[1].split("  ")[-1].strip().split(", ")
        assert (first[:6], second[:6]) == ("a_mode", "a_mode")
        assert (first[-3:], second[-3:]) == ("tep", "her")


def test_csv_has_a_line_for_each_tensor(plan: Plan) -> None:
    rows = {r["tensor"]: r for r in csv.DictReader(io.StringIO(explain_csv(plan)))}
    assert list(rows) == [a.name for a in plan.assignments]
    assert all(None not in r and None not in r.values() for r in rows.values())
    row = rows[UP]
    assert (row["merge"], row["method"], row["fallback_of"], row["shape"]) == ("final", "slerp", "", "16x8")
    assert (row["layer"], row["depth"], row["parameters"], row["set_at"]) == ("1", "0.5", "t=0.2", "6:62")
    assert row["inputs"] == f"clean:{UP}; lerp:{UP}"
    assert sum(int(r["bytes"]) for r in rows.values()) == sum(a.type.nbytes for a in plan.assignments)
    assert explain_csv(plan, (UP,)).count("\n") == 1


class Page(HTMLParser):
    """What is open in a page, what it says, and what it refers to."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.said: list[str] = []
        self.attributes: set[str] = set()
        self.cells = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes.update(name for name, _ in attrs)
        self.cells += any(name == "title" for name, _ in attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self.open[-1] == "p" and tag != "p":
            self.open.pop()
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.said.append(data)


def test_html_is_one_page_that_needs_no_other(plan: Plan) -> None:
    text = explain_html(plan, (), (UP,))
    page = Page()
    page.feed(text)
    page.close()
    said = "".join(page.said)
    assert page.open == []
    assert not page.attributes & {"src", "href", "onclick"}
    assert "http" not in text
    assert "url(" not in text
    for part in (
        "clean, an inner merge",
        "t by layer: 0 is all clean, 1 is all lerp",
        f"from clean  {UP}",
        plan.digest,
    ):
        assert part in said
    assert page.cells > 20


def test_names_are_no_markup(tmp_path: Path) -> None:
    for name in ("<b>a", "b&c"):
        write_tiny(tmp_path / name, "llama layers=1")
    text = 'model a = "<b>a"\nmodel b = "b&c"\nmerge m = lerp(a, b) { t = 0.5 }  # <script>\n'
    page = explain_html(compile_text(tmp_path, text, "merge").plan, ())
    assert "<b>" not in page
    assert "<script>" not in page
    assert "&lt;b&gt;a" in page
