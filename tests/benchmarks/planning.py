"""What planning 100 000 tensors of three models costs, and starting mergec: whole processes, on headers over holes.

python -m tests.benchmarks.planning [--runs N] [--layers N] [--experts N]
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from mergec.checkpoint import lay_out
from mergec.core.dtype import DType
from mergec.core.tensor import TensorType
from mergec.testing.weights import write_hole
from tests.benchmarks.measure import Usage, machine, offline, run_measured

MERGEC = (sys.executable, "-m", "mergec")
WIDTH = 64
LARGEST_FILE_BYTES = 1 << 40
RECIPES = {
    "linear": "merge m = linear(a, b, c) { weight = 0.5  b.weight[mlp] = curve(0, 1) }",
    "task_arithmetic": "merge m = task_arithmetic(a, b, base = c) { weight = 0.5  b.weight[mlp] = curve(0, 1) }",
    "ties": "merge m = ties(a, b, base = c) { weight = 0.5  density = 0.5  b.weight[mlp] = curve(0, 1) }",
}


def main(arguments: list[str] | None = None) -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5, metavar="N")
    parser.add_argument("--layers", type=int, default=64, metavar="N")
    parser.add_argument("--experts", type=int, default=512, metavar="N", help="in each layer, of three tensors each")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        count = write_models(Path(folder), options.layers, options.experts)
        print(f"{machine(Path(folder))}\n\n| command | CPU s | from–to | peak MB |\n|---|--:|---|--:|")
        for method, recipe in write_recipes(Path(folder)):
            command = (*MERGEC, "build", str(recipe), f"{folder}/out", "--dry-run", "--format", "json")
            print_row(f"build --dry-run, {method}, {count:,} tensors of 3 models", command, options.runs)
        print_row("--help", (*MERGEC, "--help"), options.runs)
        print_row("--version", (*MERGEC, "--version"), options.runs)


def print_row(what: str, command: tuple[str, ...], runs: int) -> None:
    """One row of the table, after a run that is not counted."""
    run_measured(command, offline())
    usages = [run_measured(command, offline()) for _ in range(runs)]
    seconds = [usage.cpu_s for usage in usages]
    spread = f"{min(seconds):.2f}–{max(seconds):.2f}"
    print(f"| {what} | {median(seconds):.2f} | {spread} | {median(map(peak, usages)) / 1e6:.0f} |", flush=True)


def peak(usage: Usage) -> int:
    return usage.peak_bytes


def write_models(folder: Path, layers: int, experts: int) -> int:
    """Three mixtures of experts, `a`, `b` and `c`, of tiny matrices; how many tensors each has."""
    tensors = tuple(shapes(layers, experts))
    (shard,) = lay_out(tensors, LARGEST_FILE_BYTES)
    config = {
        "architectures": ["MixtralForCausalLM"],
        "model_type": "mixtral",
        "num_hidden_layers": layers,
        "num_local_experts": experts,
        "hidden_size": WIDTH,
        "vocab_size": WIDTH,
    }
    for name in "abc":
        (folder / name).mkdir()
        (folder / name / "config.json").write_text(json.dumps(config))
        write_hole(str(folder / name / shard.file), shard)
    return len(tensors)


def shapes(layers: int, experts: int) -> Iterator[tuple[str, TensorType]]:
    """The tensors of one model."""
    matrix, vector = TensorType(DType.BF16, (WIDTH, WIDTH)), TensorType(DType.BF16, (WIDTH,))
    yield "model.embed_tokens.weight", matrix
    for layer in range(layers):
        place = f"model.layers.{layer}"
        yield from ((f"{place}.self_attn.{letter}_proj.weight", matrix) for letter in "qkvo")
        yield from ((f"{place}.{name}_layernorm.weight", vector) for name in ("input", "post_attention"))
        yield f"{place}.block_sparse_moe.gate.weight", TensorType(DType.BF16, (experts, WIDTH))
        for expert in range(experts):
            yield from ((f"{place}.block_sparse_moe.experts.{expert}.w{i}.weight", matrix) for i in (1, 2, 3))
    yield "model.norm.weight", vector
    yield "lm_head.weight", matrix


def write_recipes(folder: Path) -> Iterator[tuple[str, Path]]:
    """A recipe for each method, beside the models."""
    for method, merge in RECIPES.items():
        path = folder / f"{method}.merge"
        models = "".join(f'model {name} = "./{name}"\n' for name in "abc")
        path.write_text(f"{models}{merge}\noutput m\n")
        yield method, path


if __name__ == "__main__":
    main()
