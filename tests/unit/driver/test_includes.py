"""Recipes in several files: what is read, what is refused, and what is written beside the output."""

from __future__ import annotations

import hashlib
import json
import os
import time
from pathlib import Path

import pytest

from mergec.diagnostics import Report, Source
from mergec.driver import Request
from mergec.driver.includes import DEEPEST, MOST_FILES, read_document
from tests.support.compiling import build_text, compile_text
from tests.support.finding import findings
from tests.support.tiny import write_tiny

RECIPE = 'include "lib/models.merge" # both\n\nmerge m = lerp(base, tuned) { t = share }\ninclude "lib/values.merge"'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_tiny(tmp_path / "base", "llama layers=1")
    write_tiny(tmp_path / "lib" / "tuned", "llama layers=1")
    models = 'include "values.merge"\nmodel base = "../base"\nmodel tuned = "./tuned"\nmodel other = "nowhere"'
    tmp_path.joinpath("lib", "models.merge").write_text(models)
    tmp_path.joinpath("lib", "values.merge").write_text("\ufeffparam share = 0.25\nlet idle = 1\n")
    return tmp_path


def refused(folder: Path, **files: str | bytes) -> list[str]:
    """What is found in `a.merge`, given as all the other files are."""
    for name, content in files.items():
        data = content.encode() if isinstance(content, str) else content
        folder.joinpath(f"{name}.merge").write_bytes(data)
    report = Report()
    read_document(Source("a.merge", folder.joinpath("a.merge").read_text()), str(folder), report)
    return [f"{d.code.value} {d.span and d.span.source.name}:{d.span and d.span.line}" for d in report.diagnostics]


def test_names_that_only_other_recipes_need_are_no_news(folder: Path) -> None:
    assert findings(folder, RECIPE, "merge") == []


def test_the_output_holds_the_recipe_in_one_piece(folder: Path) -> None:
    out = build_text(folder, RECIPE, "merge", Request(settings=(("share", "0.5"),), workers=1))
    text = out.joinpath("recipe.merge").read_text()
    assert text == (
        '# include "lib/models.merge"\n# include "values.merge"\nparam share = 0.25\nlet idle = 1\n'
        '# end of "values.merge"\nmodel base = "../base"\nmodel tuned = "./tuned"\nmodel other = "nowhere"\n'
        '# end of "lib/models.merge"\n # both\n\nmerge m = lerp(base, tuned) { t = share }\n'
        '# include "lib/values.merge", which stands above\n'
    )
    assert text.rstrip() in out.joinpath("README.md").read_text()
    lock = json.loads(out.joinpath("mergec.lock.json").read_text())
    assert lock["recipe_sha256"] == hashlib.sha256(text.encode()).hexdigest()
    assert [i["name"].rpartition("lib/")[2] for i in lock["includes"]] == ["models.merge", "values.merge"]


def test_the_written_recipe_makes_the_same_plan(folder: Path) -> None:
    plan = compile_text(folder, RECIPE, "merge").plan
    models = {"base": str(folder / "base"), "tuned": str(folder / "lib" / "tuned")}
    alone = compile_text(folder, plan.recipe.text, "merge", Request(workers=1, models=models)).plan
    assert alone.digest == plan.digest
    assert not alone.recipe.files


def test_models_lie_where_the_file_lies_that_names_them(folder: Path) -> None:
    write_tiny(folder / "tuned", "llama layers=1")
    text = RECIPE + '\nmodel outer = "tuned"\nmerge two = lerp(tuned, outer) { t = 0 }\noutput two'
    catalog = compile_text(folder, text, "merge").plan.catalog
    assert [os.path.relpath(str(m.checkpoint.folder.fetch("config.json")), folder) for m in catalog.models] == [
        "lib/tuned/config.json",
        "tuned/config.json",
    ]


def test_circles_are_refused(tmp_path: Path) -> None:
    assert refused(tmp_path, a='include "a.merge"') == ["cycle a.merge:1"]
    assert refused(tmp_path, a='include "b.merge"', b='\ninclude "./c.merge"', c='include "b.merge"') == [
        "cycle c.merge:1"
    ]
    tmp_path.joinpath("link.merge").symlink_to("a.merge")
    assert refused(tmp_path, a='let x = 1\ninclude "link.merge"') == ["cycle a.merge:2"]
    tmp_path.joinpath("loop.merge").symlink_to("loop.merge")
    assert refused(tmp_path, a='include "loop.merge"') == ["unreadable-recipe a.merge:1"]


def test_files_that_are_no_text_are_refused(tmp_path: Path) -> None:
    assert refused(tmp_path, a='include "b.merge"', b=b"\xff\xfe") == ["unreadable-recipe a.merge:1"]
    assert refused(tmp_path, a='include "b.merge"', b=b"let x = 1\0") == ["syntax b.merge:1"]
    os.mkfifo(tmp_path / "pipe.merge")
    assert refused(tmp_path, a='include "pipe.merge"') == ["unreadable-recipe a.merge:1"]
    assert refused(tmp_path, a='include "\\u0000.merge"') == ["bad-include a.merge:1"]
    assert refused(tmp_path, a=f'include "{"x" * 500}.merge"') == ["unreadable-recipe a.merge:1"]


def test_numbers_and_sizes_of_files_are_bounded(tmp_path: Path) -> None:
    chain = {f"c{i}": f'include "c{i + 1}.merge"' for i in range(DEEPEST + 2)}
    assert refused(tmp_path, a='include "c0.merge"', **chain) == [f"too-complex c{DEEPEST - 1}.merge:1"]
    many = {f"f{i}": f"let x{i} = 1" for i in range(MOST_FILES + 1)}
    listed = "\n".join(f'include "{name}.merge"' for name in many)
    assert refused(tmp_path, a=listed, **many) == [f"too-complex a.merge:{MOST_FILES + 1}"]
    large = {f"g{i}": f"let y{i} = 1" + " " * 900_000 for i in range(3)}
    assert refused(tmp_path, a="\n".join(f'include "{n}.merge"' for n in large), **large) == ["too-complex a.merge:3"]


def test_files_that_include_two_files_each_are_read_once(tmp_path: Path) -> None:
    started = time.monotonic()
    pairs = {f"d{i}": f'include "d{i + 1}.merge"\ninclude "./d{i + 1}.merge"' for i in range(18)}
    assert refused(tmp_path, a='include "d0.merge"', **pairs, d18="let x = 1") == []
    assert time.monotonic() - started < 5


def test_an_include_without_a_place_to_read_from_is_an_error(tmp_path: Path) -> None:
    text = 'model a = "a"\nmerge m = lerp(a, a) { t = 0 }\ninclude "missing.merge"'
    assert findings(tmp_path, text, "merge") == ['error unreadable-recipe "missing.merge"']
