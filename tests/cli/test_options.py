"""Options that shape a build: memory, device, threads, seed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.command import run_here


@pytest.fixture
def recipe(models: Path) -> str:
    models.joinpath("r.merge").write_text('model a = "base"\nmodel b = "tuned"\nmerge m = lerp(a, b) { t = 0.5 }\n')
    return "r.merge"


@pytest.mark.parametrize("command", [("explain",), ("build", "--dry-run"), ("build",)])
@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--memory", "much"),
        ("--memory", "0"),
        ("--device", "tpu"),
        ("--seed", "-1"),
        ("--seed", "x"),
        ("--threads", "0"),
    ],
)
def test_options_that_make_no_sense(
    command: tuple[str, ...], option: str, value: str, recipe: str, models: Path
) -> None:
    out = ("out",) if "build" in command else ()
    done = run_here(*command, recipe, *out, option, value, cwd=models)
    assert done.returncode == 2
    assert option in done.stderr


@pytest.mark.parametrize("option", ["--memory=1GiB", "--device=cpu", "--device=auto", "--seed=7", "--threads=3"])
def test_options_that_change_nothing_of_the_result(option: str, recipe: str, models: Path) -> None:
    plain = run_here("explain", recipe, "--format", "json", "--threads", "3", cwd=models)
    done = run_here("explain", recipe, "--format", "json", "--threads", "3", option, cwd=models)
    assert done.returncode == 0, done.stderr
    digests = [next(line for line in d.stdout.splitlines() if '"plan"' in line) for d in (plain, done)]
    assert digests[0] == digests[1]


def test_memory_is_a_limit_that_a_plan_keeps_or_refuses(recipe: str, models: Path) -> None:
    done = run_here("check", recipe, "--memory", "1kB", cwd=models)
    assert done.returncode == 1
    assert "too-little-memory" in done.stdout
    assert run_here("check", recipe, "--memory", "1GB", cwd=models).returncode == 0
