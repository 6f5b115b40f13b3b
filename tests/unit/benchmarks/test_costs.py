"""Clocks around a build: every part is found, and the build is the same."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from mergec.backends import TorchCpu
from mergec.diagnostics import Report, Source
from mergec.driver import Compiled, Request, compile_recipe
from mergec.execute import Destination, Listener, Provenance, run
from mergec.execute.files import Source as InputFile
from mergec.testing.archs import TINY_LLAMA
from mergec.testing.write import write_checkpoint
from tests.benchmarks import costs
from tests.benchmarks.cases import MODELS, case_of, find_methods, weights_of
from tests.benchmarks.instrument import Clock, Spent, TimedBackend, timed_files
from tests.benchmarks.rates import READ, WRITE, Rate, measure_rates

EVERY = {"reading", "widening", "merging", "rounding", "writing"}


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Stand-ins of a tiny shape."""
    folder = tmp_path_factory.mktemp("work")
    for seed, name in enumerate(MODELS):
        path = folder / "models" / "tiny-llama" / name
        write_checkpoint(str(path), TINY_LLAMA, seed=seed, tuned_from=0 if seed else None)
    return folder


def compiled(method: str, work: Path) -> Compiled:
    case = case_of("tiny-llama", find_methods([method])[0], work / "models" / "tiny-llama")
    return compile_recipe(Source("recipe.yaml", case.recipe), Request(workers=2), Report())


@pytest.mark.parametrize(
    ("method", "parts"),
    [
        ("slerp", EVERY | {"measuring"}),
        ("linear", EVERY),
        ("passthrough", {"reading", "writing"}),
        ("ties", EVERY | {"measuring", "looking for NaN"}),
        ("nuslerp", EVERY | {"measuring"}),
        ("iso_c", EVERY | {"keeping whole", "looking for NaN"}),
    ],
)
def test_parts_of_a_build(method: str, parts: set[str], work: Path, tmp_path: Path) -> None:
    program, clock = compiled(method, work), Clock()
    assert costs.build_once(program, tmp_path / "out", clock) > 0
    assert set(clock.spent) == parts
    assert all(spent.wall_s > 0 for spent in clock.spent.values())


def test_clocks_change_nothing(work: Path, tmp_path: Path) -> None:
    program, clock = compiled("ties", work), Clock()
    plain = TorchCpu()
    for name, backend in (("plain", plain), ("timed", TimedBackend(plain, clock, program.plan))):
        destination = Destination(str(tmp_path / name), False, False, Provenance("0", ()))
        run(program.plan, destination, backend, Listener())
    files = [weights_of(tmp_path / name)[0].read_bytes() for name in ("plain", "timed")]
    assert files[0] == files[1]


def test_files_are_timed_only_for_a_while() -> None:
    before = InputFile.read_into
    with timed_files(Clock()):
        assert InputFile.read_into is not before
    assert InputFile.read_into is before


def test_a_part_within_a_part_counts_once() -> None:
    clock = Clock()
    inner = clock.timed("inner", lambda: time.sleep(0.05))
    clock.timed("outer", inner)()
    assert clock.spent["inner"].wall_s >= 0.05
    assert clock.spent["outer"].wall_s < 0.05


def test_threads_are_added_up() -> None:
    clock = Clock()
    threads = [threading.Thread(target=clock.timed("part", lambda: time.sleep(0.05))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert clock.spent["part"].wall_s >= 0.15


def test_rates_are_of_every_operation(tmp_path: Path) -> None:
    rates = measure_rates(tmp_path, 1 << 20)
    assert len(rates) == 9
    assert all(rate.ns > 0 for rate in rates)
    assert list(tmp_path.iterdir()) == []
    assert len(costs.rates_text(rates).splitlines()) == 12


def test_text_of_a_cost() -> None:
    parts = (("reading", Spent(1.5, 1.25)),)
    cost = costs.Cost("tiny", "slerp", 10**9, 2, 8 * 10**9, 2 * 10**9, 0.9, 1.0, parts)
    rates = Rate(READ, 0.2, 2), Rate(WRITE, 0.4, 2)
    assert cost.rest_s == 0.5
    assert cost.moving_s(rates) == pytest.approx(0.6)
    assert replace(cost, workers=1).moving_s(rates) == pytest.approx(1.2)
    text = costs.cost_text(cost, rates)
    assert "0.90 s on 2 workers, 1.00 s with clocks; reads 8.00 GB, writes 2.00 GB" in text
    assert "| reading | 1.50 | 1.25 | 1.50 | 75 % |" in text
    assert "| the rest | 0.50 |  | 0.50 | 25 % |" in text


def test_the_command_prints_tables(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert costs.main(["--shape=tiny-llama", "--methods=slerp", "--runs=1", f"--work={work}"]) == 0
    printed = capsys.readouterr().out
    assert "tiny-llama, slerp: " in printed
    assert "| measuring | " in printed
    assert sorted(path.name for path in work.iterdir()) == ["models"]
