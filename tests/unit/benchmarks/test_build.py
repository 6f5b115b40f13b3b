"""The build benchmark on tiny inputs: what is run, and what is made of the figures; never how fast."""

from __future__ import annotations

import json
import subprocess
import sys
from argparse import Namespace
from pathlib import Path

import pytest

from mergec.diagnostics import Report, Source
from mergec.driver import Request, compile_recipe
from mergec.hooks import load_plugins
from mergec.testing.archs import TINY_LLAMA
from mergec.testing.write import write_checkpoint
from tests.benchmarks import build
from tests.benchmarks.cases import MODELS, Case, case_of, find_methods, weights_of, write_models
from tests.benchmarks.measure import Failed, Machine, Usage, machine, offline, run_measured
from tests.benchmarks.results import Measurement, as_json, as_text, read_json

HERE = Machine("a processor", 2, 8 << 30, "6.1", "ext4", "3.11.7", "2.13.0", 0.25)
METHODS = sorted(name for name, found in load_plugins(Report()).methods.items() if not found.method.wraps)

AVERAGING = ("average_deltas", "iso_c", "iso_cts", "tsv", "wudi")
"""They average the deltas of vectors, which needs no base."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Stand-ins of a tiny shape, all holes."""
    models = tmp_path / "models" / "tiny-llama"
    for name in MODELS:
        write_checkpoint(str(models / name), TINY_LLAMA, seed=0, sparse=True)
    return models


def case(method: str, folder: Path) -> Case:
    return case_of("tiny-llama", find_methods([method])[0], folder)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_has_a_recipe_that_computes(method: str, folder: Path) -> None:
    made = case(method, folder)
    compiled = compile_recipe(Source("recipe.yaml", made.recipe), Request(), Report())
    least = made.output_bytes * (2 if method in AVERAGING else len(made.models))
    assert compiled.plan.traffic.read_bytes >= least
    assert compiled.plan.traffic.write_bytes >= made.output_bytes


def test_models_of_a_case(folder: Path) -> None:
    assert case("slerp", folder).models == ("base", "a")
    assert case("linear", folder).models == ("base", "a", "b")
    assert case("passthrough", folder).models == ("a",)
    assert case("ties", folder).models == ("base", "a", "b")
    assert "base" not in [Path(m["model"]).name for m in json.loads(case("ties", folder).recipe)["models"]]


def test_a_method_that_is_not_there_is_named() -> None:
    with pytest.raises(Failed, match="called slurp;"):
        find_methods(["slerp", "slurp"])


def test_stand_ins_are_written_once(tmp_path: Path) -> None:
    write_models("tiny-llama", ["base", "b"], tmp_path)
    files = [weights_of(tmp_path / name)[0] for name in ("base", "b")]
    assert files[0].read_bytes() != files[1].read_bytes()
    before = [file.stat().st_mtime_ns for file in files]
    write_models("tiny-llama", ["base", "b"], tmp_path)
    assert [file.stat().st_mtime_ns for file in files] == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b", "base"]


def test_too_small_a_disk_is_found_before_anything_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda path: Namespace(free=10**9))
    with pytest.raises(Failed, match="needs 1,001,"):
        write_models("tiny-llama", ["base"], tmp_path)


@pytest.mark.parametrize(("method", "read"), [("slerp", 2), ("linear", 3), ("passthrough", 0)])
@pytest.mark.parametrize("sync", [True, False])
def test_the_copy_reads_all_inputs_and_writes_one(method: str, read: int, sync: bool, folder: Path) -> None:
    out = folder / "an out"
    script = build.copy_script(case(method, folder), folder, out, sync)
    first, *rest = script.splitlines()
    assert (first.startswith("cat "), first.count(".safetensors")) == (read > 0, read)
    assert any(line.startswith("sync ") for line in rest) == sync
    run_measured(["sh", "-euc", script])
    assert weights_of(out)[0].read_bytes() == weights_of(folder / "a")[0].read_bytes()


def test_builds_and_copies_take_turns(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    results = tmp_path / "results.json"
    arguments = ["--shapes=tiny-llama", "--methods=slerp", "--runs=2", f"--work={tmp_path}/work", "--format=json"]
    assert build.main([*arguments, f"-o{results}"]) == 0
    _, found = read_json(results)
    programs = [(m.program, m.sync, len(m.usages)) for m in found]
    assert programs == [("start", False, 2), *((p, s, 2) for s in (False, True) for p in ("copy", "mergec"))]
    assert all(u.wall_s > 0 and u.peak_bytes > 0 for m in found for u in m.usages)
    said = capsys.readouterr().err.splitlines()
    assert [line.rpartition(" ")[2] for line in said] == ["start", "copy", "mergec", "copy", "mergec"] * 2
    assert [path.name for path in (tmp_path / "work").iterdir()] == ["models"]


def test_mergekit_runs_where_it_is_named_and_may_fail(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "mergekit-yaml"
    program.write_text(f'#!/bin/sh\ngrep -q slerp "$1" && mkdir "$2" && echo > "$2/it" && touch {tmp_path}/called\n')
    program.chmod(0o755)
    monkeypatch.setenv("MERGEC_MERGEKIT", str(program))
    options = Namespace(runs=1, mergekit_runs=3, sync="no")
    found = build.run_case(case("slerp", folder), tmp_path, options)
    assert (tmp_path / "called").exists()
    assert [m.program for m in found] == ["start", "copy", "mergec", "mergekit"]
    assert [m.program for m in build.run_case(case("linear", folder), tmp_path, options)][-1] == "mergec"


def test_a_build_that_fails_ends_the_benchmark(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert build.main(["--shapes=tiny-llama", "--methods=slurp", f"--work={tmp_path}"]) == 1
    assert "slurp" in capsys.readouterr().err


def test_nothing_is_left_of_a_benchmark_that_is_told_to_end(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.benchmarks.build", "--shapes=tiny-llama", "--runs=9"]
    child = subprocess.Popen(command, env=offline(TMPDIR=str(tmp_path)), stderr=subprocess.PIPE, text=True)
    assert child.stderr is not None
    while not child.stderr.readline().rstrip().endswith(": mergec"):
        assert child.poll() is None
    child.terminate()
    child.communicate()
    assert child.returncode == 143
    assert list(tmp_path.iterdir()) == []


def test_a_command_that_fails_says_why() -> None:
    with pytest.raises(Failed, match=r"left with 3\noh no"):
        run_measured([sys.executable, "-c", "import sys; print('oh no'); sys.exit(3)"])


def test_usage_counts_what_a_process_and_its_children_take() -> None:
    work = "x = bytearray(b'x') * 300_000_000; sum(range(10**6))"
    usage = run_measured(["sh", "-c", f'{sys.executable} -c "{work}"; true'])
    assert usage.peak_bytes > 300_000_000
    assert usage.cpu_s > 0
    assert usage.wall_s > 0


def measured(program: str, sync: bool, *walls: float, peak: int = 300_000_000) -> Measurement:
    usages = tuple(Usage(wall, 0.5, 0.25, peak) for wall in walls)
    return Measurement("tiny", "slerp", program, sync, program != "mergekit", 2, 4_000, 2_000, usages)


def results() -> list[Measurement]:
    return [
        measured("start", False, 1.0, 1.5, 1.0),
        measured("copy", True, 0.5, 1.0, 2.0),
        measured("mergec", True, 2.0, 3.0, 6.0),
        measured("mergekit", False, 20.0, peak=7_000_000_000),
    ]


def test_figures_are_medians_and_ratios_are_taken_round_by_round() -> None:
    row = next(line for line in as_text(HERE, results()).splitlines() if line.startswith("| tiny"))
    assert [cell.strip() for cell in row.strip("|").split("|")] == [
        *("tiny", "slerp", "2", "yes", "3.00", "2.00–6.00", "1.50", "0.75", "300"),
        *("1.00", "3.00", "2.00", "20.0", "7000", "10.00"),
    ]


def test_text_without_mergekit_and_with_inputs_larger_than_memory() -> None:
    text = as_text(HERE, results()[:3])
    assert "| – | – | – |" in text
    assert "larger than memory" not in text
    assert "tiny: larger than memory" in as_text(HERE, results())


def test_json_holds_every_run(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    path.write_text(as_json(HERE, results()))
    assert read_json(path) == (HERE, tuple(results()))


def test_the_machine_is_described(tmp_path: Path) -> None:
    here = machine(tmp_path)
    assert here.cores >= 1
    assert here.memory_bytes > 1 << 28
    assert here.file_system != "unknown"
    assert here.processor in str(here)
