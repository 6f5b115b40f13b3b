"""Passes over the graph: lowering, rewriting, checking, costing, printing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mergec.contract.method import Arguments, Elementwise
from mergec.contract.method import Blend as BlendPattern
from mergec.core.dtype import DType
from mergec.core.tensor import TensorEntry, TensorType
from mergec.diagnostics import InternalError, Report, Source
from mergec.driver import Compiled, Request, build, compile_recipe
from mergec.hooks import Plugins
from mergec.plan import Agree, Apply, Blend, Copy, Cut, Graph, Measured, Node, Read, Schemes, Survey
from mergec.plan.budget import BLOCK_ELEMENTS, GRANULE_ELEMENTS, STORED_BUFFERS, Traffic, cut, kinds_of, traffic
from mergec.plan.graph import Builder
from mergec.plan.graph_text import graph_lines
from mergec.plan.lower import lower
from mergec.plan.simplify import simplify
from mergec.plan.verify import verify
from tests.support.merges import read_model, write_model
from tests.support.methods import ROW_SLERP, TASK, arc, arcs, not_fixed
from tests.support.numbers import store
from tests.support.plugins import with_methods

REFERENCES = ("one", "other")

BF16 = TensorType(DType.BF16, (4, 8))
F32 = TensorType(DType.F32, (4, 8))
I64 = TensorType(DType.I64, (2,))

GRAM = BlendPattern(not_fixed, measured=arc)
ROWS = BlendPattern(not_fixed, measured_rows=arcs)
NOTHING = Arguments((), ())
MEDIAN = Apply(TASK, Elementwise(lambda block: block.inputs[0]), NOTHING, "x", False, ())


def reads(*types: TensorType) -> list[Node]:
    return [Node(Read(i, TensorEntry(f"x{i}", t, "f", 0)), (), t) for i, t in enumerate(types)]


def graph(*nodes: Node, outputs: tuple[int, ...] = (-1,)) -> Graph:
    return Graph(nodes, tuple(o % len(nodes) for o in outputs))


def text(graph: Graph) -> list[str]:
    return list(graph_lines(graph, tuple("out" for _ in graph.outputs), lambda i: f"m{i}"))


@pytest.mark.parametrize(
    ("blend", "type", "expected"),
    [
        (Node(Blend((1.0, 0.0)), (0, 1), BF16), BF16, ["read @m0", "copy %0"]),
        (Node(Blend((0.25, 0.75)), (0, 0), BF16), BF16, ["read @m0", "copy %0"]),
        (Node(Blend((0.5, 0.25)), (0, 0), BF16), BF16, ["read @m0", "blend [0.75](%0)"]),
        (Node(Blend((0.0, 0.0)), (0, 1), BF16), BF16, ["read @m0", "blend [0.0](%0)"]),
        (Node(Blend((0.0, 1.0)), (0, 1), F32), BF16, ["read @m1", "blend [1.0](%0)"]),
        (Node(Blend((0.5, 0.5)), (0, 1), BF16), BF16, ["read @m0", "read @m1", "blend [0.5, 0.5](%0, %1)"]),
        (Node(Blend((0.75, 0.5)), (1, 0), BF16), BF16, ["read @m0", "read @m1", "blend [0.5, 0.75](%0, %1)"]),
    ],
)
def test_rewrites(blend: Node, type: TensorType, expected: list[str]) -> None:
    simple = simplify(graph(*reads(type, type), blend), REFERENCES)
    verify(simple, "simplify")
    lines = [line.split(" = ", 1)[1] for line in text(simple)[:-1]]
    assert [found.startswith(wanted) for found, wanted in zip(lines, expected, strict=True)] == [True] * len(expected)


def test_equal_work_is_done_once_and_useless_work_not_at_all() -> None:
    builder = Builder()
    read = builder.add(Read(0, TensorEntry("x", BF16, "f", 0)), (), BF16)
    builder.add(Read(1, TensorEntry("y", BF16, "f", 0)), (), BF16)
    assert builder.add(Read(0, TensorEntry("x", BF16, "f", 0)), (), BF16) == read
    copy = builder.add(Copy(), (read,), BF16)
    finished = builder.finish([copy, copy])
    assert (len(finished.nodes), finished.outputs) == (2, (1, 1))


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (graph(Node(Copy(), (0,), BF16)), "%0 uses a later node"),
        (graph(*reads(BF16), Node(Copy(), (0,), F32)), "%1 copies and changes the type"),
        (graph(*reads(BF16, F32), Node(Agree(), (0, 1), BF16)), "%2 compares tensors of different types"),
        (graph(*reads(BF16, BF16), Node(Blend((1.0,)), (0, 1), BF16)), "another number of coefficients"),
        (graph(*reads(BF16), Node(Blend(()), (), BF16)), "%1 has no operands"),
        (graph(*reads(BF16), Node(Survey(TASK), (0,), None)), "surveys something other than parts"),
        (graph(*reads(BF16), Node(Blend((1.0,)), (0,), TensorType(DType.BF16, (8, 4)))), "of different shapes"),
        (graph(*reads(I64), Node(Measured(TASK, GRAM, NOTHING), (0,), I64)), "other than float tensors"),
        (graph(Node(Survey(TASK), (), None)), "%0 is an output but no tensor"),
        (graph(*reads(BF16), Node(replace(MEDIAN, surveyed=True), (0,), BF16)), "lacks its survey"),
    ],
)
def test_a_broken_graph_names_the_pass_and_the_node(broken: Graph, words: str) -> None:
    with pytest.raises(InternalError, match="after planting: ") as error:
        verify(broken, "planting")
    assert words in str(error.value)


def costs(graph: Graph, workers: int = 1, block_elements: int = BLOCK_ELEMENTS, memory: int | None = None) -> Cut:
    schemes = Schemes(graph)
    return cut(graph, schemes, kinds_of(graph, schemes), workers, memory, block_elements)[0]


def moved(graph: Graph, block_elements: int) -> Traffic:
    schemes = Schemes(graph)
    return traffic(graph, schemes, kinds_of(graph, schemes), block_elements)


def read_bytes(graph: Graph, block_elements: int) -> int:
    return moved(graph, block_elements).read_bytes


def test_costs_of_a_graph() -> None:
    one = graph(*reads(BF16, BF16), Node(Measured(TASK, GRAM, NOTHING), (0, 1), BF16))
    assert read_bytes(one, 32) == 2 * BF16.nbytes
    assert read_bytes(one, 31) == 4 * BF16.nbytes
    assert moved(one, 31).write_bytes == BF16.nbytes
    small = costs(one, workers=3, block_elements=1)
    assert (small.slots, small.buffer_elements, small.double) == (2, GRANULE_ELEMENTS, False)
    assert small.peak_bytes == 3 * GRANULE_ELEMENTS * (2 * 4 + STORED_BUFFERS * 2)
    assert costs(graph(*reads(F32), Node(Copy(), (0,), F32))).double


def test_a_long_row_needs_a_long_buffer() -> None:
    type = TensorType(DType.BF16, (2, 10 * GRANULE_ELEMENTS))
    rows = graph(*reads(type, type), Node(Apply(ROW_SLERP, ROWS, NOTHING, "x", False, ()), (0, 1), type))
    assert costs(rows, block_elements=1).buffer_elements == 10 * GRANULE_ELEMENTS


def test_a_budget_makes_blocks_smaller_and_then_workers_fewer() -> None:
    large = TensorType(DType.BF16, (1 << 24,))
    one = graph(*reads(large, large), Node(Blend((0.5, 0.25)), (0, 1), large))
    free = costs(one, workers=4)
    assert (free.block_elements, free.workers) == (BLOCK_ELEMENTS, 4)
    half = costs(one, workers=4, memory=free.peak_bytes // 2)
    assert (half.block_elements, half.workers) == (BLOCK_ELEMENTS // 2, 4)
    assert half.peak_bytes <= free.peak_bytes // 2
    least = costs(one, workers=4, memory=1)
    assert least.workers == 1


def test_each_stage_of_a_nest_is_one_more_pass() -> None:
    large = TensorType(DType.BF16, (1 << 20,))
    inner = Node(Measured(TASK, GRAM, NOTHING), (0, 1), TensorType(DType.F32, large.shape))
    nest = graph(*reads(large, large, large), inner, Node(Measured(TASK, GRAM, NOTHING), (3, 2), large))
    assert read_bytes(nest, BLOCK_ELEMENTS) == (2 + 3 + 3) * large.nbytes


def test_sums_of_sums_are_one_sum() -> None:
    inner = Node(Blend((0.5, 0.25)), (0, 1), F32)
    nest = graph(*reads(BF16, BF16), inner, Node(Blend((0.5, 0.5)), (2, 0), BF16))
    assert text(simplify(nest, REFERENCES))[2] == "%2 = blend [0.75, 0.125](%0, %1) : bf16[4,8]"


@pytest.fixture(scope="module")
def plugins() -> Plugins:
    return with_methods(TASK)


@pytest.mark.parametrize(
    "rule",
    [
        "lerp(a, b) { t = 0 }",
        "lerp(a, b) { t = 1 }",
        "lerp(a, a) { t = 0.3 }",
        "slerp(a, b) { t = 0.4 }",
        "slerp(a, a) { t = 0.4 }",
        "linear(a, a, b) { a.weight = 0.25  b.weight = 0.5  normalize = false }",
        "linear(a, b) { a.weight = 0  b.weight = 3 }",
        "task(a, b, base = a) { weight = 1 }",
        "task(b, base = a) { weight = 0 }",
        "passthrough(b)",
    ],
)
def test_rewrites_keep_every_bit(rule: str, plugins: Plugins, tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    for name in ("a", "b"):
        write_model(tmp_path / name, {c: store(rng.normal(0, 1, (8, 40)), c) for c in ("BF16", "F16")})
    recipe = f'model a = "a"\nmodel b = "b"\nmerge m = {rule}\n'
    request = Request(str(tmp_path), workers=1, block_elements=64)
    program = compile_recipe(Source("r.merge", recipe), request, Report(), plugins)
    plan = program.plan
    plain = verify(lower(plan.assignments, 0, Report()), "lower")
    unsimplified = replace(plan, graph=plain, cut=costs(plain, block_elements=64))
    for output, made in (("simple", plan), ("plain", unsimplified)):
        destination = str(tmp_path / output)
        build(Compiled(made, program.plugins), destination, force=False, sync=False, progress=lambda _: None)
    assert read_model(tmp_path / "simple") == read_model(tmp_path / "plain")
