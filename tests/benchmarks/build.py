"""What building costs, beside copying the same bytes and beside mergekit, in turn and as whole processes.

    python -m tests.benchmarks.build [--shapes A,B] [--methods A,B] [--runs N] [--work DIR] [-o FILE]

In every round each command runs once, with its inputs in memory as far as they fit and nothing left to be written from
before. Figures are medians over the rounds, ratios the medians of the ratios in each round. MERGEC_MERGEKIT names the
program mergekit-yaml of an environment of its own; without it mergekit is left out.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.cases import METHODS, SHAPES, Case, case_of, find_methods, weights_of, write_models
from tests.benchmarks.measure import Failed, Usage, available_bytes, machine, offline, run_measured, work_directory
from tests.benchmarks.results import Measurement, as_json, as_text

START = (sys.executable, "-c", "import gc, os; gc.disable(); import torch; os._exit(0)")
"""The interpreter and torch, imported and left as mergec does: without collecting garbage, without taking it apart."""

SYNCS = {"both": (False, True), "yes": (True,), "no": (False,)}


@dataclass(frozen=True, slots=True)
class Command:
    """A program that makes the output, or a part of what such a program does. rounds: in how many of them it runs."""

    program: str
    sync: bool
    words: tuple[str, ...]
    rounds: int


def main(arguments: list[str] | None = None) -> int:
    """Measure the chosen cases and print or write the results; 0 if all commands ended well."""
    options = _options(arguments)
    found: list[Measurement] = []
    try:
        methods = find_methods(options.methods)
        with work_directory(options.work) as work:
            here = machine(work)
            for shape in options.shapes:
                cases = [case_of(shape, method, work / "models" / shape) for method in methods]
                write_models(shape, sorted({m for c in cases for m in c.models}), work / "models" / shape)
                for case in cases:
                    found += run_case(case, work, options)
    except Failed as failure:
        print(f"error: {failure}", file=sys.stderr)
        return 1
    text = as_json(here, found) if options.format == "json" else as_text(here, found)
    if options.output:
        Path(options.output).write_text(text)
    else:
        print(text, end="")
    return 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shapes", type=_names, default=SHAPES[:2], help=f"of {', '.join(SHAPES)}, and others")
    parser.add_argument("--methods", type=_names, default=METHODS, help="any installed; slerp, linear, passthrough")
    parser.add_argument("--runs", type=int, default=5, metavar="N", help="rounds, 5 unless told otherwise")
    parser.add_argument("--mergekit-runs", type=int, default=1, metavar="N", help="rounds with mergekit, 1")
    parser.add_argument("--sync", choices=SYNCS, default="both", help="wait for the disk, do not, or measure both")
    parser.add_argument("--work", metavar="DIR", help="where the stand-ins are kept for another time")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.add_argument("-o", "--output", metavar="FILE")
    return parser.parse_args(arguments)


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split(","))


def run_case(case: Case, work: Path, options: argparse.Namespace) -> list[Measurement]:
    """All commands of a case, in turn, round after round."""
    recipe, out = work / "recipe.yaml", work / "out"
    recipe.write_text(case.recipe)
    inputs = [file for name in case.models for file in weights_of(work / "models" / case.shape / name)]
    commands = list(commands_of(case, recipe, out, options))
    usages: dict[Command, list[Usage]] = {command: [] for command in commands}
    fits = case.input_bytes + case.output_bytes < available_bytes()
    try:
        run_measured(START)
        for number in range(options.runs):
            _read(inputs)
            for command in commands:
                if number < command.rounds:
                    _say(f"{case.shape} {case.method}, round {number + 1} of {options.runs}: {command.program}")
                    usages[command] += _run(command, out)
    finally:
        recipe.unlink()
        shutil.rmtree(out, ignore_errors=True)
    return [Measurement.of(case, c.program, c.sync, fits, usages[c]) for c in commands if usages[c]]


def commands_of(case: Case, recipe: Path, out: Path, options: argparse.Namespace) -> Iterator[Command]:
    """What starting takes; a copy and a build, with and without waiting for the disk; mergekit."""
    yield Command("start", False, START, options.runs)
    folder = recipe.parent / "models" / case.shape
    for sync in SYNCS[options.sync]:
        yield Command("copy", sync, ("sh", "-euc", copy_script(case, folder, out, sync)), options.runs)
        build = (sys.executable, "-m", "mergec", "build", str(recipe), str(out), "--quiet")
        yield Command("mergec", sync, (*build, "--sync" if sync else "--no-sync"), options.runs)
    if mergekit := os.environ.get("MERGEC_MERGEKIT"):
        yield Command("mergekit", False, (mergekit, str(recipe), str(out)), min(options.mergekit_runs, options.runs))


def copy_script(case: Case, folder: Path, out: Path, sync: bool) -> str:
    """The least that a merge must do: read its inputs once, and write as many bytes as one of them has."""
    read = [str(file) for name in case.models for file in weights_of(folder / name)]
    written = [str(file) for file in weights_of(folder / case.models[-1])]
    lines = [] if len(case.models) == 1 else [f"cat {shlex.join(read)} > /dev/null"]
    lines += [f"mkdir {shlex.quote(str(out))}", f"cp {shlex.join([*written, str(out)])}"]
    if sync:
        lines.append(f"sync {shlex.join(str(out / Path(file).name) for file in written)}")
    return "\n".join(lines)


def _run(command: Command, out: Path) -> list[Usage]:
    """One run, which finds no output and no writing under way, and leaves none. mergekit may fail: it lacks methods."""
    shutil.rmtree(out, ignore_errors=True)
    os.sync()
    try:
        return [run_measured(command.words, offline())]
    except Failed as failure:
        if command.program != "mergekit":
            raise
        _say(str(failure))
        return []
    finally:
        shutil.rmtree(out, ignore_errors=True)


def _read(files: list[Path]) -> None:
    """Bring files into memory."""
    run_measured(["sh", "-c", f"cat {shlex.join(map(str, files))} > /dev/null"])


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
