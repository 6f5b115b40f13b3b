"""Recipes made with Python's operators are recipes of the language: the same text, plan and bytes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import mergec as mc
from mergec.diagnostics import RecipeError, Report, Source
from mergec.driver import Request, compile_recipe
from mergec.python import plan
from mergec.testing.demo import write_demo


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("demo")
    write_demo(str(path / "d"), "tiny-llama")
    return path / "d"


BASE = mc.model("base", "base")
TUNED = mc.model("tuned", "tuned")
SLERP = mc.merge("slerp", BASE, TUNED, t=0.5, name="blend")

HEAD = 'model base = "base"\nmodel tuned = "tuned"\n'

CASES = {
    "method": (SLERP, "merge m = slerp(base, tuned) { t = 0.5 }"),
    "rules": (
        SLERP.set('"*mlp*"', t=mc.curve(1, 0.5, 0)).set("rank(1)", method="lerp"),
        'merge m = slerp(base, tuned) { t = 0.5  t["*mlp*"] = curve(1, 0.5, 0)  method[rank(1)] = lerp }',
    ),
    "per input": (
        mc.merge("linear", BASE, TUNED, weight=1, normalize=False).set_for(TUNED, "mlp", weight=mc.depth * 2 - 1),
        "merge m = linear(base, tuned) { weight = 1  normalize = false  tuned.weight[mlp] = depth * 2 - 1 }",
    ),
    "algebra": (BASE + 0.7 * (TUNED - BASE), "merge m = base + 0.7 * (tuned - base)"),
    "more algebra": (
        BASE - (TUNED - BASE) / 4 * mc.function("cos", mc.depth) + -(TUNED - BASE),
        "merge m = base - (tuned - base) / 4 * cos(depth) + -(tuned - base)",
    ),
    "base": (
        mc.merge("task_arithmetic", TUNED, base=BASE, weight=0.3),
        "merge m = task_arithmetic(tuned, base = base) { weight = 0.3 }",
    ),
    "stack": (
        mc.stack(SLERP[:2], BASE[1:4], TUNED[4:]),
        "merge m = stack(slerp(base, tuned) { t = 0.5 }[..2], base[1..4], tuned[4..])",
    ),
    "total": (BASE + mc.total({TUNED - BASE: 0.5}), "merge m = base + (tuned - base) * 0.5"),
}


def digest(text: str, folder: Path) -> str:
    return compile_recipe(Source("r.merge", text), Request(str(folder)), Report()).plan.digest


@pytest.mark.parametrize(("weights", "text"), CASES.values(), ids=CASES)
def test_operators_say_what_the_language_says(weights: mc.Weights, text: str, folder: Path) -> None:
    made = mc.output(weights, directory=str(folder))
    assert made.plan().digest == digest(HEAD + text, folder), made.text


def test_the_text_reads_well() -> None:
    share = mc.param("share", 0.6, 0, 1)
    made = mc.output(BASE + share * (SLERP - BASE), dtype="float16", drop=["lm_head.*"], donor=TUNED)
    assert made.text.splitlines() == [
        'model base  = "base"',
        'model tuned = "tuned"',
        "",
        "param share = 0.6 in 0..1",
        "",
        "merge blend = slerp(base, tuned) {",
        "  t = 0.5",
        "}",
        "",
        "merge output_1 = base + share * (blend - base)",
        "",
        "output output_1 {",
        "  dtype = float16",
        "  donor = tuned",
        '  drop  = "lm_head.*"',
        "}",
    ]


def test_what_is_used_twice_is_written_once() -> None:
    inner = mc.merge("lerp", BASE, TUNED, t=0.2)
    text = mc.output(inner + 0.5 * (inner - BASE)).text
    assert text.count("lerp(") == 1


def test_params_are_set_from_outside(folder: Path) -> None:
    made = mc.output(mc.merge("lerp", BASE, TUNED, t=mc.param("share", 0.6, 0, 1)), directory=str(folder))
    wanted = digest(HEAD + "merge m = lerp(base, tuned) { t = 0.25 }", folder)
    assert made.plan(settings={"share": 0.25}).digest == wanted
    with pytest.raises(RecipeError, match=r"outside 0\.\.1"):
        made.plan(settings={"share": 2})


def test_a_file_is_loaded_explained_and_built(folder: Path, tmp_path: Path) -> None:
    path = folder / "recipe.merge"
    loaded = mc.load(path)
    planned = loaded.plan(threads=1, memory="1GiB", shard_size="1MB")
    assert planned.names[0] == "model.embed_tokens.weight"
    assert planned.explain().startswith("blend: ")
    assert planned.explain() == mc.explain(path, threads=1)
    assert "read @base" in planned.graph("model.norm.weight")
    assert '"version": 1' in planned.json()
    assert "<table" in planned._repr_html_()
    mc.build(path, tmp_path / "out")
    assert {"config.json", "model.safetensors", "README.md"} <= {p.name for p in (tmp_path / "out").iterdir()}
    planned.build(tmp_path / "two")
    assert (tmp_path / "two/model.safetensors").read_bytes() == (tmp_path / "out/model.safetensors").read_bytes()


def test_an_error_says_what_the_command_line_would(folder: Path) -> None:
    with pytest.raises(RecipeError) as caught:
        plan(mc.merge("slurp", BASE, TUNED, t=0.5), models={"base": folder / "base"})
    assert "error[unknown-method]" in str(caught.value)
    assert "did you mean `slerp`?" in str(caught.value)
    assert "^^^^^" in str(caught.value)


def test_mistakes_in_python_are_python_errors() -> None:
    with pytest.raises(TypeError, match="models and merges"):
        mc.merge("slerp", BASE, 3)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        BASE + 3  # type: ignore[operator]
    with pytest.raises(TypeError, match="without a step"):
        BASE[0:8:2]
    with pytest.raises(TypeError, match="a number, a flag"):
        mc.output(mc.merge("slerp", BASE, TUNED, t=[1, 2]))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="not a number that a recipe can hold"):
        mc.output(mc.merge("slerp", BASE, TUNED, t=float("nan")))
    with pytest.raises(ValueError, match="two models are called `base`"):
        mc.output(BASE + (mc.model("base", "elsewhere") - TUNED))
    with pytest.raises(ValueError, match="one of the merge's inputs"):
        SLERP.set_for(mc.model("other", "x"), t=1)
    with pytest.raises(AttributeError, match="no `slurp`"):
        mc.slurp  # noqa: B018


def test_the_package_is_light_until_it_is_used() -> None:
    code = "import sys, mergec; assert not any(m.startswith('mergec.') for m in sys.modules), sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
