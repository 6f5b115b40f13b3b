"""Build the recipes in recipes/ from full-shape stand-ins of their models, load the results, and print a table.

    python tests/benchmarks/seeds.py [--only NAME] [--work DIR] [--keep]

Stand-ins have the exact names, shapes and types of the public checkpoints, and random weights. They are laid out as a
Hub cache, so that the recipes run as they are, by the ids of the models. At any time the disk holds the stand-ins of
one seed and one output; Llama-2-7b needs 27 GB, and 16 GB of memory to be loaded.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from mergec.testing.archs import GEMMA_2_2B, LLAMA_2_7B, QWEN2_5_0_5B, SMOLLM_135M, TINYLLAMA_1_1B
from mergec.testing.demo import demo_bytes
from mergec.testing.hub_cache import repository_dir
from mergec.testing.shapes import Arch, checkpoint_bytes

RECIPES = Path(__file__).parents[2] / "recipes"
SLACK_BYTES = 1_000_000_000
CHUNK_BYTES = 1 << 24

WRITE = """
import sys
from mergec.testing.archs import find_arch
from mergec.testing.demo import write_stand_ins
write_stand_ins(sys.argv[1], find_arch(sys.argv[2]))
"""
LOAD = """
import sys
from transformers import AutoModelForCausalLM, AutoTokenizer, logging
logging.disable_progress_bar()
model, info = AutoModelForCausalLM.from_pretrained(sys.argv[1], dtype="auto", output_loading_info=True)
assert not any(info.values()), info
print("loads", flush=True)
tokenizer = AutoTokenizer.from_pretrained(sys.argv[1])
inputs = tokenizer("to merge", return_tensors="pt")
made = model.generate(**inputs, min_new_tokens=4, max_new_tokens=4, do_sample=False)
assert made.shape[1] == inputs["input_ids"].shape[1] + 4
print("generates", flush=True)
"""


@dataclass(frozen=True, slots=True)
class Seed:
    """A published merge. is_identity: the output holds the input's own tensors, byte for byte."""

    name: str
    arch: Arch
    recipes: tuple[str, ...]
    is_identity: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One build. digest: of all weight files. identity: None where the output is not to equal the input."""

    seed: str
    recipe: str
    wall_s: float
    peak_bytes: int
    nbytes: int
    digest: str
    identity: bool | None
    loads: bool
    generates: bool


SEEDS = (
    Seed("smollm", SMOLLM_135M, ("smollm-slerp.yaml", "smollm-slerp.merge", "smollm-norms-linear.merge")),
    Seed("tinyllama", TINYLLAMA_1_1B, ("tinyllama-hybrid.yaml", "tinyllama-hybrid.merge")),
    Seed("qwen2.5", QWEN2_5_0_5B, ("qwen2.5-slerp.yaml", "qwen2.5-slerp.merge")),
    Seed("gemma2", GEMMA_2_2B, ("gemma2-slerp.yaml", "gemma2-slerp.merge")),
    Seed("llama-2-7b", LLAMA_2_7B, ("llama2-self-slerp.yaml", "llama2-self-slerp.merge"), is_identity=True),
)


class Failed(Exception):
    """A step that went wrong, and what it said."""


class NoRoom(Failed):
    """The disk is too small."""


def main() -> int:
    """Run the chosen seeds; 0 if all is well, 1 if a check fails, 3 if the disk is too small."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=[seed.name for seed in SEEDS], help="run this seed alone")
    parser.add_argument("--work", metavar="DIR", help="where the stand-ins and outputs go for the time of the run")
    parser.add_argument("--keep", action="store_true", help="leave the stand-ins in DIR; a later run takes them up")
    options = parser.parse_args()
    rows: list[Row] = []
    try:
        with work_directory(options.work) as work:
            for seed in SEEDS:
                if options.only in (None, seed.name):
                    rows.extend(run_seed(seed, work, options.keep))
    except Failed as failure:
        say(f"error: {failure}")
        return 3 if isinstance(failure, NoRoom) else 1
    finally:
        print_table(rows)
    return 1 if any(False in checks(row, rows) for row in rows) else 0


@contextmanager
def work_directory(given: str | None) -> Iterator[Path]:
    """The directory asked for, or a temporary one that is gone afterwards."""
    if given is None:
        with tempfile.TemporaryDirectory(prefix="mergec-seeds-") as made:
            yield Path(made)
    else:
        Path(given).mkdir(parents=True, exist_ok=True)
        yield Path(given)


def run_seed(seed: Seed, work: Path, keep: bool) -> Iterator[Row]:
    """Build every recipe of a seed, one after the other."""
    check_space(seed, work)
    repositories = [repository_dir(str(work), id) for id in dict.fromkeys((seed.arch.base_id, seed.arch.tuned_id))]
    try:
        if not all((folder / "refs" / "main").is_file() for folder in repositories):
            say(f"{seed.name}: writing {demo_bytes(seed.arch, hub_cache=True):,} bytes of stand-ins")
            python(WRITE, str(work), seed.arch.name)
        for recipe in seed.recipes:
            yield run_recipe(seed, recipe, work, repositories[0])
    finally:
        for folder in repositories if not keep else ():
            shutil.rmtree(folder, ignore_errors=True)


def check_space(seed: Seed, work: Path) -> None:
    """Stop if the disk cannot hold a seed's models and one output."""
    needed = demo_bytes(seed.arch, hub_cache=True) + checkpoint_bytes(seed.arch) + SLACK_BYTES
    held = sum(p.stat().st_size for p in (work / "hub").glob("models--*/blobs/*")) if (work / "hub").is_dir() else 0
    free = shutil.disk_usage(work).free + held
    if needed > free:
        raise NoRoom(f"{seed.name} needs {needed:,} bytes on the disk of {work}; {free:,} bytes free")


def run_recipe(seed: Seed, recipe: str, work: Path, source: Path) -> Row:
    """Build one recipe, look at the output from all sides, and remove it."""
    output = work / f"out-{recipe}"
    shutil.rmtree(output, ignore_errors=True)
    try:
        wall_s, peak_bytes = build(recipe, output, work)
        say(f"{recipe}: built in {wall_s:.1f} s")
        identity = tensors(output) == tensors(next(source.glob("snapshots/*"))) if seed.is_identity else None
        said = python(LOAD, str(output), check=False)
        return Row(
            seed.name,
            recipe,
            wall_s,
            peak_bytes,
            sum(file.stat().st_size for file in output.glob("model*.safetensors")),
            digest(output),
            identity,
            "loads" in said,
            "generates" in said,
        )
    finally:
        shutil.rmtree(output, ignore_errors=True)


def build(recipe: str, output: Path, work: Path) -> tuple[float, int]:
    """Run the command as a user would; its seconds on the wall and its peak memory in bytes."""
    command = [str(Path(sys.executable).with_name("mergec")), "build", str(RECIPES / recipe), str(output)]
    with tempfile.TemporaryFile() as errors:
        started = time.monotonic()
        child = subprocess.Popen(command, stderr=errors, stdout=errors, env=environment(work))
        _, status, usage = os.wait4(child.pid, 0)
        wall_s = time.monotonic() - started
        child.returncode = os.waitstatus_to_exitcode(status)
        errors.seek(0)
        if child.returncode:
            raise Failed(f"mergec build {recipe} left with {child.returncode}\n{errors.read().decode()}")
    return wall_s, usage.ru_maxrss * 1024


def python(code: str, *arguments: str, check: bool = True) -> str:
    """Run code in a process of its own, so that its memory is not counted with this one's; returns what it printed."""
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, "HF_HUB_OFFLINE": "1"}
    )
    if done.returncode:
        say(done.stderr[-2000:])
        if check:
            raise Failed(f"{command[:2]} left with {done.returncode}")
    return done.stdout


def environment(home: Path) -> dict[str, str]:
    """Only the stand-ins can be found, and nothing is fetched."""
    others = ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "TRANSFORMERS_CACHE")
    kept = {name: value for name, value in os.environ.items() if name not in others}
    return {**kept, "HF_HOME": str(home), "HF_HUB_OFFLINE": "1"}


def digest(folder: Path) -> str:
    """The sha256 of the names and contents of all weight files."""
    found = hashlib.sha256()
    for file in sorted(folder.glob("model*.safetensors")):
        with file.open("rb") as stream:
            found.update(f"{file.name} {digest_of(stream, file.stat().st_size)}\n".encode())
    return found.hexdigest()


def tensors(folder: Path) -> dict[str, tuple[str, str]]:
    """Of each stored tensor its type and shape, and the sha256 of its bytes, wherever it lies."""
    found: dict[str, tuple[str, str]] = {}
    for file in sorted(folder.glob("model*.safetensors")):
        with file.open("rb") as stream:
            start = int.from_bytes(stream.read(8), "little")
            header = json.loads(stream.read(start))
            header.pop("__metadata__", None)
            for name, entry in header.items():
                first, end = entry.pop("data_offsets")
                stream.seek(8 + start + first)
                found[name] = json.dumps(entry, sort_keys=True), digest_of(stream, end - first)
    return found


def digest_of(stream: BinaryIO, length: int) -> str:
    """The sha256 of the next `length` bytes."""
    found = hashlib.sha256()
    while length:
        data = stream.read(min(length, CHUNK_BYTES))
        found.update(data)
        length -= len(data)
    return found.hexdigest()


def print_table(rows: list[Row]) -> None:
    """The table in Markdown, and what it was measured on."""
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    print(f"{len(os.sched_getaffinity(0))} cores, {memory_gib:.0f} GiB of memory, Python {platform.python_version()}\n")
    print("| seed | recipe | wall s | peak MB | output MB | twins equal | equals input | loads | generates |")
    print("|---|---|--:|--:|--:|---|---|---|---|")
    for row in rows:
        numbers = f"{row.wall_s:.1f} | {row.peak_bytes / 1e6:.0f} | {row.nbytes / 1e6:.0f}"
        words = " | ".join(map(word, checks(row, rows)))
        print(f"| {row.seed} | {row.recipe} | {numbers} | {words} |")


def checks(row: Row, rows: list[Row]) -> tuple[bool | None, ...]:
    """Whether the recipe's twin gave the same bytes, whether these are the input's, whether it loads and generates."""
    twins = [r for r in rows if r is not row and Path(r.recipe).stem == Path(row.recipe).stem]
    return all(r.digest == row.digest for r in twins) if twins else None, row.identity, row.loads, row.generates


def word(value: bool | None) -> str:
    """How the table says it."""
    return {True: "yes", False: "**no**", None: "–"}[value]


def say(text: str) -> None:
    """Tell how far it is."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
