"""Where the time of a build goes, and how fast one core of this machine can go.

    python -m tests.benchmarks.costs [--shape NAME] [--methods A,B] [--runs N] [--threads N] [--work DIR]

Builds within this process, with a clock around every read, write and operation of a workspace. Seconds are those of
all worker threads together; shown is the run with the median time. Nothing waits for the disk.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from mergec import __version__
from mergec.backends import TorchCpu
from mergec.diagnostics import Report, Source
from mergec.driver import Compiled, Request, compile_recipe, default_workers
from mergec.execute import Destination, Listener, Provenance, run
from tests.benchmarks.cases import METHODS, Case, case_of, find_methods, write_models
from tests.benchmarks.instrument import Clock, Spent, TimedBackend, timed_files
from tests.benchmarks.measure import Failed, machine, work_directory
from tests.benchmarks.rates import READ, WRITE, Rate, measure_rates


@dataclass(frozen=True, slots=True)
class Cost:
    """One method's build. plain_s: its time without clocks, timed_s: with them. parts: by name, dearest first."""

    shape: str
    method: str
    elements: int
    workers: int
    read_bytes: int
    write_bytes: int
    plain_s: float
    timed_s: float
    parts: tuple[tuple[str, Spent], ...]

    @property
    def rest_s(self) -> float:
        """Time of the workers in no part: Python, waiting for each other, what is done before and after them."""
        return self.timed_s * self.workers - sum(spent.wall_s for _, spent in self.parts)

    def moving_s(self, rates: tuple[Rate, ...]) -> float:
        """What reading and writing its bytes would take, on all workers, at the rates of one core."""
        read, write = (next(r for r in rates if r.name == name) for name in (READ, WRITE))
        return (self.read_bytes * read.ns / read.bytes + self.write_bytes * write.ns / write.bytes) / 1e9 / self.workers


def main(arguments: list[str] | None = None) -> int:
    """Measure and print; 0 if all went well."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", default="tinyllama-1.1b")
    parser.add_argument("--methods", type=lambda text: tuple(text.split(",")), default=METHODS)
    parser.add_argument("--runs", type=int, default=3, metavar="N")
    parser.add_argument("--threads", type=int, default=default_workers(), metavar="N")
    parser.add_argument("--work", metavar="DIR", help="where the stand-ins are kept for another time")
    options = parser.parse_args(arguments)
    try:
        with work_directory(options.work) as work:
            print(machine(work))
            rates = measure_rates(work)
            print(rates_text(rates))
            folder = work / "models" / options.shape
            for method in find_methods(options.methods):
                case = case_of(options.shape, method, folder)
                write_models(case.shape, case.models, folder)
                print(cost_text(measure_cost(case, work, options.threads, options.runs), rates), flush=True)
    except Failed as failure:
        print(f"error: {failure}", file=sys.stderr)
        return 1
    return 0


def measure_cost(case: Case, work: Path, workers: int, runs: int) -> Cost:
    """Build a case with and without clocks, `runs` times each, after one build that is not counted."""
    compiled = compile_recipe(Source("recipe.yaml", case.recipe), Request(workers=workers), Report())
    plan = compiled.plan
    build_once(compiled, work / "out", None)
    plain = sorted(build_once(compiled, work / "out", None) for _ in range(runs))
    clocks = [Clock() for _ in range(runs)]
    timed = sorted(((build_once(compiled, work / "out", clock), clock) for clock in clocks), key=lambda run: run[0])
    timed_s, clock = timed[runs // 2]
    parts = sorted(clock.spent.items(), key=lambda part: -part[1].wall_s)
    traffic = plan.traffic.read_bytes, plan.traffic.write_bytes
    sizes = plan.parameters, plan.cut.workers, *traffic
    return Cost(case.shape, case.method, *sizes, plain[runs // 2], timed_s, tuple(parts))


def build_once(compiled: Compiled, out: Path, clock: Clock | None) -> float:
    """Seconds of one build in this process; with a clock, its parts are counted."""
    destination = Destination(str(out), True, False, Provenance(__version__, compiled.providers))
    started = time.perf_counter()
    try:
        if clock is None:
            run(compiled.plan, destination, TorchCpu(), Listener())
        else:
            with timed_files(clock):
                run(compiled.plan, destination, TimedBackend(TorchCpu(), clock, compiled.plan), Listener())
        return time.perf_counter() - started
    finally:
        shutil.rmtree(out, ignore_errors=True)


def rates_text(rates: tuple[Rate, ...]) -> str:
    """A table of what one core does."""
    lines = ["\n| one core, blocks of 262 144 elements | ns per element | GB/s |", "|---|--:|--:|"]
    for rate in rates:
        lines.append(f"| {rate.name} | {rate.ns:.3f} | {f'{rate.bytes / rate.ns:.1f}' if rate.bytes else ''} |")
    return "\n".join(lines)


def cost_text(cost: Cost, rates: tuple[Rate, ...]) -> str:
    """A table of the parts of one build."""
    total = cost.timed_s * cost.workers
    rest = ("the rest", Spent(cost.rest_s, float("nan")))
    lines = [
        f"\n{cost.shape}, {cost.method}: {cost.plain_s:.2f} s on {cost.workers} workers, {cost.timed_s:.2f} s with "
        f"clocks; reads {cost.read_bytes / 1e9:.2f} GB, writes {cost.write_bytes / 1e9:.2f} GB, which at the rates "
        f"above take {cost.moving_s(rates):.2f} s\n",
        "| part | thread s | CPU s | ns per output element | share |\n|---|--:|--:|--:|--:|",
    ]
    for name, spent in (*cost.parts, rest):
        cpu = "" if spent.cpu_s != spent.cpu_s else f"{spent.cpu_s:.2f}"
        each = spent.wall_s * 1e9 / cost.elements
        lines.append(f"| {name} | {spent.wall_s:.2f} | {cpu} | {each:.2f} | {100 * spent.wall_s / total:.0f} % |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
