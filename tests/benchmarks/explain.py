"""What `mergec explain` costs: CPU time from process start, on headers over sparse files.

    python -m tests.benchmarks.explain [--runs N]

Prints the median over the runs, the second tongue included, after one run to warm the caches.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from mergec.testing.archs import find_arch
from mergec.testing.demo import write_stand_ins
from mergec.testing.recipes import merge_recipe, yaml_recipe
from mergec.testing.write import write_header_only
from tests.benchmarks.measure import offline

RECIPES = Path(__file__).resolve().parents[2] / "recipes"
COMMAND = (sys.executable, "-m", "mergec", "explain")


def cpu_seconds(recipe: Path, environment: dict[str, str]) -> float:
    """User and system time of one `mergec explain`, its imports included."""
    with open(os.devnull, "w") as nowhere:
        process = subprocess.Popen([*COMMAND, str(recipe)], env=offline(**environment), stdout=nowhere)
        _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"explaining {recipe} failed")
    return usage.ru_utime + usage.ru_stime


def write_405b(directory: Path) -> tuple[Path, Path]:
    """Two checkpoints of 126 layers and 405 B parameters, all holes, and a recipe in both tongues."""
    arch = find_arch("llama-3.1-405b")
    for name in ("base", "tuned"):
        write_header_only(str(directory / name), arch)
    recipes = directory / "recipe.yaml", directory / "recipe.merge"
    for path, text in zip(recipes, (yaml_recipe, merge_recipe), strict=True):
        path.write_text(text("./base", "./tuned", arch.dtype))
    return recipes


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=9)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        write_stand_ins(f"{folder}/home", find_arch("tinyllama-1.1b"), sparse=True)
        environment = {"HF_HOME": f"{folder}/home"}
        tiny = RECIPES / "tinyllama-hybrid.yaml", RECIPES / "tinyllama-hybrid.merge"
        print("| recipe | CPU s, median | lowest | highest |\n|---|--:|--:|--:|")
        for label, recipes in (("TinyLlama", tiny), ("405 B, 126 layers", write_405b(Path(folder)))):
            for recipe in recipes:
                cpu_seconds(recipe, environment)
                seconds = [cpu_seconds(recipe, environment) for _ in range(runs)]
                middle = statistics.median(seconds)
                print(f"| {label}, {recipe.suffix} | {middle:.2f} | {min(seconds):.2f} | {max(seconds):.2f} |")


if __name__ == "__main__":
    main()
