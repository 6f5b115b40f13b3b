"""A build holds no more than its plan says, whatever the pattern of its method and the memory allowed."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest

from mergec.diagnostics import Code, RecipeError, Report, Source
from mergec.driver import Request, compile_recipe
from mergec.plan import Cut
from tests.support.command import environment, run_here
from tests.support.merges import write_model
from tests.support.numbers import Stored

SLACK_BYTES = 2 << 20
"""For what the interpreter keeps of a larger plan, and for page tables."""

KEPT = 2.5
"""What the C library makes of it, which keeps pieces that were freed, and cannot always use them again."""

Shapes = Mapping[str, tuple[int, ...]]

MATRIX, VECTOR = "model.layers.0.mlp.up_proj.weight", "model.layers.0.input_layernorm.weight"
SMALL: Shapes = {MATRIX: (256, 128), VECTOR: (128,)}
WIDE: Shapes = {MATRIX: (8192, 2048), VECTOR: (2048,)}
DOUBLE: Shapes = {MATRIX: (4096, 2048), VECTOR: (2048,)}
NARROW: Shapes = {MATRIX: (4096, 768), VECTOR: (768,)}
"""Few columns, so that the singular values are soon found."""

MODELS = {"wide": (WIDE, "BF16"), "double": (DOUBLE, "F32"), "narrow": (NARROW, "BF16")}
TASKS = "(a, b, base = base) { weight = 0.4  density = 0.5 }"
BY_ROWS = "model_stock(a, b, base = base) { filter_wise = true }"
BY_COLUMNS = "nuslerp(a, b) { weight = 0.5  nuslerp_flatten = false  nuslerp_row_wise = true  b.weight = 0.3 }"
MIB = 1 << 20


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Models `base`, `a` and `b` of each kind, small ones and large ones."""
    made = tmp_path_factory.mktemp("memory")
    for kind, (shapes, code) in MODELS.items():
        for size, own in (("small", SMALL), ("large", shapes)):
            for seed, name in enumerate(("base", "a", "b")):
                tensors = {n: values(seed, shape, code) for n, shape in own.items()}
                write_model(made / kind / size / name, tensors)
    yield made
    shutil.rmtree(made)


def values(seed: int, shape: tuple[int, ...], code: str) -> Stored:
    """Normal numbers, which repeat after a million; those of bfloat16 are cut off."""
    count = int(np.prod(shape))
    drawn = np.random.default_rng(seed).standard_normal(min(count, 1 << 20), dtype=np.float32)
    numbers = np.resize(drawn, count)
    stored = (numbers.view(np.uint32) >> 16).astype(np.uint16) if code == "BF16" else numbers
    return Stored(code, shape, stored.tobytes())


def recipe(merge: str) -> str:
    models = "".join(f'model {name} = "{name}"\n' for name in ("base", "a", "b"))
    return f"{models}merge m = {merge}\noutput m\n"


def measured(folder: Path, merge: str, memory: int | None, *options: str) -> tuple[int, int]:
    """What a plan promises, and what building it took, in bytes."""
    command = [sys.executable, "-m", "tests.support.build_memory", str(folder), recipe(merge), str(memory or "default")]
    done = subprocess.run([*command, *options], capture_output=True, text=True, env=environment())
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    return found["promised"], found["held"]


@pytest.mark.parametrize(
    ("kind", "merge", "memory"),
    [
        pytest.param("wide", "slerp(a, b) { t = 0.4 }", None, id="blend"),
        pytest.param("wide", "slerp(a, b) { t = 0.4 }", MIB, id="blend, least"),
        pytest.param("double", "slerp(a, b) { t = 0.4 }", None, id="blend, float64"),
        pytest.param("wide", BY_ROWS, None, id="blend by rows"),
        pytest.param("wide", f"ties{TASKS}", None, id="elementwise, measured"),
        pytest.param("wide", f"ties{TASKS}", 32 * MIB, id="elementwise, measured, one worker"),
        pytest.param("wide", f"dare_linear{TASKS}", 40 * MIB, id="elementwise, random"),
        pytest.param("wide", f"della{TASKS}", None, id="rows"),
        pytest.param("wide", BY_COLUMNS, 40 * MIB, id="rows, measured, one worker"),
        pytest.param("narrow", "iso_c(a, b, base = base)", None, id="whole"),
        pytest.param("narrow", "iso_c(a, b, base = base)", 160 * MIB, id="whole, one at a time"),
    ],
)
def test_no_more_is_in_use_than_is_promised(kind: str, merge: str, memory: int | None, folder: Path) -> None:
    promised, held = measured(folder / kind, merge, memory, "--at-once")
    assert promised <= (memory or promised)
    assert held <= promised + SLACK_BYTES
    if memory is None:
        assert held >= promised / 4


@pytest.mark.parametrize("merge", [BY_ROWS, f"breadcrumbs{TASKS}"], ids=["blend by rows", "elementwise, measured"])
def test_what_is_freed_is_not_kept_without_bound(merge: str, folder: Path) -> None:
    promised, held = measured(folder / "wide", merge, None)
    assert held <= KEPT * promised + SLACK_BYTES


@pytest.mark.parametrize(
    ("kind", "merge"),
    [
        ("wide", "slerp(a, b) { t = 0.4 }"),
        ("wide", f"ties{TASKS}"),
        ("wide", BY_ROWS),
        ("narrow", "iso_c(a, b, base = base)"),
    ],
)
def test_too_little_is_refused_and_what_is_advised_is_enough(kind: str, merge: str, folder: Path) -> None:
    large = folder / kind / "large"
    with pytest.raises(RecipeError) as raised:
        cut(large, merge, 1)
    (found,) = [d for d in raised.value.diagnostics if d.code is Code.TOO_LITTLE_MEMORY]
    advised = re.search(r"--memory (\d+)MiB", found.help or "")
    assert advised
    enough = int(advised[1]) * MIB
    least = cut(large, merge, enough).peak_bytes
    assert least <= enough
    assert cut(large, merge, least).peak_bytes == least
    with pytest.raises(RecipeError, match="holds"):
        cut(large, merge, least - 1)


def cut(directory: Path, merge: str, memory: int) -> Cut:
    """How a plan is cut where only so many bytes are allowed."""
    request = Request(str(directory), workers=2, memory_bytes=memory)
    return compile_recipe(Source("recipe.merge", recipe(merge)), request, Report()).plan.cut


def test_a_dry_run_prints_what_is_promised(folder: Path) -> None:
    large = folder / "wide" / "large"
    large.joinpath("recipe.merge").write_text(recipe(f"ties{TASKS}"))
    options = ("--dry-run", "--format", "json", "--threads", "2", "--memory", "40MiB")
    done = run_here("build", "recipe.merge", "out", *options, cwd=large)
    assert json.loads(done.stdout)["peak_bytes"] == cut(large, f"ties{TASKS}", 40 * MIB).peak_bytes <= 40 * MIB
