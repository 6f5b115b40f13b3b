"""What the commands take and print."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.command import run_here, run_mergec
from tests.support.tiny import write_tiny

RECIPE = """
model base = "org/base"
model tuned = "tuned"
param share = 0.5 in 0..1
merge blend = lerp(base, tuned) { t = share }
"""


def test_a_recipe_from_standard_input(models: Path) -> None:
    text = RECIPE.replace("org/base", "base")
    piped = run_mergec("explain", "-", cwd=models, stdin=text)
    models.joinpath("r.merge").write_text(text)
    assert piped.returncode == 0, piped.stderr
    assert piped.stdout == run_here("explain", "r.merge", cwd=models).stdout
    yaml = "merge_method: lerp\nbase_model: base\nmodels: [{model: base}, {model: tuned}]\n"
    for recipe, code in ((yaml + "parameters: {t: 0.5}\n", 0), (yaml, 1), ("", 1), ("\0", 1)):
        done = run_mergec("check", "-", cwd=models, stdin=recipe)
        assert done.returncode == code
        assert "Traceback" not in done.stderr
        assert code == 0 or "<stdin>" in done.stdout + done.stderr


def test_settings_and_models_from_the_command_line(models: Path, tmp_path: Path) -> None:
    models.joinpath("r.merge").write_text(RECIPE)
    given = ("r.merge", "--model", "org/base=third", "--tensors", "lm_head.weight")
    assert "  t = 0.5, from" in run_here("explain", *given, cwd=models).stdout
    assert "  t = 0.25, from" in run_here("explain", *given, "--set", "share=0.25", cwd=models).stdout
    for option, value in (("--set", "share"), ("--set", "=1"), ("--model", "org/base")):
        done = run_here("explain", *given, option, value, cwd=models)
        assert done.returncode == 2
        assert option in done.stderr
        assert f"`{value}` is not of the form NAME=VALUE" in done.stderr
    done = run_here("explain", *given, "--model", "tunde=base", cwd=models)
    assert done.returncode == 1
    assert "`--model tunde=base`: the recipe has no model `tunde`" in done.stderr
    assert "did you mean `tuned`?" in done.stderr
    both = RECIPE.replace("org/base", "tuned")
    models.joinpath("r.merge").write_text(both)
    write_tiny(models / "deep", "llama layers=3")
    done = run_here("explain", "r.merge", "--model", "base=deep", cwd=models)
    assert "`base` 3, `tuned` 2" in done.stderr


def test_paths_start_at_the_recipe_then_here(models: Path) -> None:
    models.joinpath("recipes").mkdir()
    models.joinpath("recipes", "r.merge").write_text(
        RECIPE.replace("org/base", "../base").replace('"tuned"', '"third"')
    )
    assert run_here("check", "recipes/r.merge", cwd=models).returncode == 0


def test_check_strict_makes_warnings_errors(models: Path) -> None:
    models.joinpath("r.merge").write_text(RECIPE.replace("org/base", "base").replace("0.5 in 0..1", "1.5"))
    plain, strict = (run_here("check", "r.merge", *options, cwd=models) for options in ((), ("--strict",)))
    assert (plain.returncode, strict.returncode) == (0, 1)
    assert plain.stdout == strict.stdout
    assert "warning[extrapolation]" in plain.stdout
    assert run_here("explain", "r.merge", cwd=models).stderr.startswith("warning[extrapolation]")
    assert run_here("explain", "r.merge", "--quiet", cwd=models).stderr == ""


def test_check_as_json_is_a_list_of_findings(models: Path) -> None:
    models.joinpath("r.merge").write_text(RECIPE.replace("org/base", "base").replace("lerp", "slrep"))
    (found,) = json.loads(run_here("check", "r.merge", "--format", "json", cwd=models).stdout)
    assert (found["code"], found["labels"][0]["line"], found["help"]) == ("unknown-method", 5, "did you mean `slerp`?")
    models.joinpath("r.merge").write_text(RECIPE.replace("org/base", "base"))
    assert json.loads(run_here("check", "r.merge", "--format", "json", cwd=models).stdout) == []


def test_explain_to_a_file(models: Path) -> None:
    models.joinpath("r.merge").write_text(RECIPE.replace("org/base", "base"))
    done = run_here("explain", "r.merge", "-o", "x.txt", cwd=models)
    assert (done.returncode, done.stdout) == (0, "")
    assert models.joinpath("x.txt").read_text() == run_here("explain", "r.merge", cwd=models).stdout
    done = run_here("explain", "r.merge", "-o", "base", cwd=models)
    assert done.returncode == 3
    assert "`base`" in done.stderr


@pytest.mark.parametrize("graph", [(), ("--graph",)])
def test_a_glob_that_matches_nothing_is_a_warning(graph: tuple[str, ...], models: Path) -> None:
    models.joinpath("r.merge").write_text(RECIPE.replace("org/base", "base"))
    done = run_here("explain", "r.merge", *graph, "--tensors", "*.9.*", cwd=models)
    assert (done.returncode, done.stdout) == (0, "")
    assert "warning[rule-matches-nothing]: `--tensors *.9.*`: no tensor matches" in done.stderr


def test_a_dry_run_writes_nothing_and_counts(models: Path) -> None:
    models.joinpath("r.merge").write_text(RECIPE.replace("org/base", "base"))
    done = run_here("build", "r.merge", "out", "--dry-run", "--format", "json", "--shard-size", "2kB", cwd=models)
    told = json.loads(done.stdout)
    assert told["tensors"] == 21
    assert sum(file["tensors"] for file in told["files"]) == 21
    assert sum(file["bytes"] for file in told["files"]) == told["write_bytes"]
    assert len(told["plan"]) == 64
    assert not models.joinpath("out").exists()
    wrong = run_here("build", "r.merge", "out", "--dry-run", "--shard-size", "much", cwd=models)
    assert wrong.returncode == 2
    assert "`much` is not a size" in wrong.stderr


def test_inspect(models: Path) -> None:
    write_tiny(models / "tied", "llama layers=3 tied shards=2")
    text = run_here("inspect", "tied", "--tensors", cwd=models).stdout
    assert text.startswith("tied: llama, 29 tensors")
    assert "model.layers.N: 3, the one that layer ranges count" in text
    assert "the head shares the embedding" in text
    assert "model.layers.2.mlp.up_proj.weight" in text
    told = json.loads(run_here("inspect", "tied", "--format", "json", cwd=models).stdout)
    assert [s["layers"] for s in told["stacks"]] == [3]
    assert len(told["files"]) == 2
    assert run_here("inspect", "nowhere", cwd=models).returncode == 1


def test_schema_and_version_and_help(tmp_path: Path) -> None:
    assert json.loads(run_here("schema", cwd=tmp_path).stdout)["$schema"]
    assert run_here("--version", cwd=tmp_path).stdout.startswith("mergec ")
    for command in ((), ("explain",), ("build",), ("check",), ("methods",), ("inspect",), ("demo",)):
        done = run_here(*command, "--help", cwd=tmp_path)
        assert done.returncode == 0
        assert "Usage" in done.stdout


def test_demo_refuses_what_it_did_not_write(tmp_path: Path) -> None:
    tmp_path.joinpath("mine").mkdir()
    tmp_path.joinpath("mine", "notes.txt").touch()
    done = run_here("demo", "mine", cwd=tmp_path)
    assert done.returncode == 4
    assert "`mine` holds other files" in done.stderr
    assert [path.name for path in tmp_path.joinpath("mine").iterdir()] == ["notes.txt"]
    done = run_here("demo", "new", "--arch", "tiny-lama", cwd=tmp_path)
    assert done.returncode == 1
    assert "did you mean `tiny-llama`?" in done.stderr
