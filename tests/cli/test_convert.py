"""`mergec convert`: results, files, paths, exit codes. What becomes of what is in tests/spec and tests/property."""

from __future__ import annotations

from pathlib import Path

from tests.support.command import run_here, run_mergec

YAML = """\
# a comment
models:
- model: base
- model: tuned
merge_method: slerp
base_model: base
parameters: {t: 0.5}
"""
MERGE = """\
# a comment

model base  = "base"
model tuned = "tuned"

merge merged = slerp(base, tuned, base = base) {
  t = 0.5
}

output merged { donor = base }
"""


def test_there_and_back(models: Path) -> None:
    models.joinpath("r.yaml").write_text(YAML)
    there = run_here("convert", "r.yaml", "--to", "merge", cwd=models)
    assert (there.returncode, there.stdout, there.stderr) == (0, MERGE, "")
    written = run_here("convert", "r.yaml", "--to", "merge", "-o", "r.merge", cwd=models)
    assert (written.returncode, written.stdout) == (0, "")
    assert models.joinpath("r.merge").read_text() == MERGE
    assert run_here("fmt", "--check", "r.merge", cwd=models).returncode == 0
    assert run_here("check", "r.merge", cwd=models).returncode == 0
    back = run_here("convert", "r.merge", "--to", "yaml", cwd=models)
    assert back.returncode == 0
    assert back.stdout == YAML.replace("parameters: {t: 0.5}", "parameters:\n  t: 0.5")


def test_standard_input(tmp_path: Path) -> None:
    assert run_mergec("convert", "-", "--to", "merge", cwd=tmp_path, stdin=YAML).stdout == MERGE
    assert "merge_method: slerp" in run_mergec("convert", "-", "--to", "yaml", cwd=tmp_path, stdin=MERGE).stdout


def test_relative_paths_lead_to_the_same_models(models: Path) -> None:
    models.joinpath("recipes").mkdir()
    models.joinpath("elsewhere").mkdir()
    models.joinpath("recipes", "r.yaml").write_text(
        YAML.replace(": base", ": ../base").replace(": tuned", ": org/tuned")
    )
    run_here("convert", "recipes/r.yaml", "--to", "merge", "-o", "r.merge", cwd=models)
    assert 'model base  = "./base"\nmodel tuned = "org/tuned"\n' in models.joinpath("r.merge").read_text()
    run_here("convert", "r.merge", "--to", "yaml", "-o", "elsewhere/r.yaml", cwd=models)
    assert "- model: ../base\n- model: org/tuned\n" in models.joinpath("elsewhere", "r.yaml").read_text()


def test_params_are_set(tmp_path: Path) -> None:
    tmp_path.joinpath("r.merge").write_text(
        MERGE.replace("merge merged", "param share = 0.25\nmerge merged").replace("t = 0.5", "t = share * 2")
    )
    assert "t: 0.5\n" in run_here("convert", "r.merge", "--to", "yaml", cwd=tmp_path).stdout
    done = run_here("convert", "r.merge", "--to", "yaml", "--set", "share=0.125", cwd=tmp_path)
    assert "# param share = 0.125\n" in done.stdout
    assert "t: 0.25\n" in done.stdout


def test_what_is_included_is_written_out(models: Path) -> None:
    models.joinpath("parts").mkdir()
    models.joinpath("parts", "models.merge").write_text('model base = "../base"\nmodel tuned = "../tuned"\n')
    models.joinpath("r.merge").write_text('include "parts/models.merge"\nmerge m = slerp(base, tuned) { t = 0.5 }\n')
    done = run_here("convert", "r.merge", "--to", "yaml", cwd=models)
    assert "- model: ./base\n- model: ./tuned\n" in done.stdout
    models.joinpath("r.yaml").write_text(done.stdout)
    assert run_here("check", "r.yaml", cwd=models).returncode == 0


def test_mistakes_of_use(tmp_path: Path) -> None:
    tmp_path.joinpath("r.yaml").write_text(YAML)
    tmp_path.joinpath("r.merge").write_text(MERGE)
    for arguments in (
        ("r.yaml",),
        ("r.yaml", "--to", "json"),
        ("r.yaml", "--to", "yaml"),
        ("r.merge", "--to", "merge"),
        ("r.yaml", "--to", "merge", "--set", "share=1"),
    ):
        done = run_here("convert", *arguments, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (2, "")


def test_wrong_recipes(tmp_path: Path) -> None:
    tmp_path.joinpath("r.yaml").write_text(YAML.replace("slerp", "slurp"))
    done = run_here("convert", "r.yaml", "--to", "merge", "-o", "r.merge", cwd=tmp_path)
    assert done.returncode == 1
    assert "error[unknown-method]" in done.stderr
    assert not tmp_path.joinpath("r.merge").exists()
    assert run_here("convert", "none.yaml", "--to", "merge", cwd=tmp_path).returncode == 1
