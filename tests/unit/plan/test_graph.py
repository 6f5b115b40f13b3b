"""Passes over the graph: lowering, rewriting, checking, costing, printing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mergec.contract.method import Arguments
from mergec.core.dtype import DType
from mergec.core.tensor import TensorEntry, TensorType
from mergec.diagnostics import InternalError, Report, Source
from mergec.driver import Compiled, Request, build, compile_recipe
from mergec.hooks import Plugins
from mergec.plan import Agree, Blend, Copy, Gram, Graph, Measured, Node, Read
from mergec.plan.budget import GRANULE_ELEMENTS, cut, traffic
from mergec.plan.graph import Builder
from mergec.plan.graph_text import graph_lines
from mergec.plan.lower import lower
from mergec.plan.simplify import simplify
from mergec.plan.verify import verify
from tests.support.merges import read_model, write_model
from tests.support.methods import ROW_SLERP, TASK
from tests.support.numbers import store
from tests.support.plugins import with_methods

BF16 = TensorType(DType.BF16, (4, 8))
F32 = TensorType(DType.F32, (4, 8))


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
        (Node(Blend((0.0,), of_deltas=True), (0, 1), BF16), BF16, ["read @m1", "copy %0"]),
        (Node(Blend((1.0,), of_deltas=True), (0, 1), BF16), BF16, ["read @m0", "copy %0"]),
    ],
)
def test_rewrites(blend: Node, type: TensorType, expected: list[str]) -> None:
    simple = simplify(graph(*reads(type, type), blend))
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
        (graph(*reads(BF16), Node(Blend(None), (0,), BF16)), "%1 lacks its coefficients"),
        (graph(*reads(BF16), Node(Blend((1.0,)), (0,), TensorType(DType.BF16, (8, 4)))), "of different shapes"),
        (graph(*reads(TensorType(DType.I64, (2,))), Node(Gram(False, False), (0,), None)), "other than float tensors"),
        (graph(*reads(BF16), Node(Gram(False, False), (0,), None)), "%1 is an output but no tensor"),
        (graph(*reads(BF16), Node(Measured(TASK, Arguments((), ())), (0,), None)), "other than a Gram matrix"),
    ],
)
def test_a_broken_graph_names_the_pass_and_the_node(broken: Graph, words: str) -> None:
    with pytest.raises(InternalError, match="after planting: ") as error:
        verify(broken, "planting")
    assert words in str(error.value)


def test_costs_of_a_graph() -> None:
    measured = (
        Node(Gram(False, False), (0, 1), None),
        Node(Measured(TASK, Arguments((), ())), (2,), None),
        Node(Blend(None), (3, 0, 1), BF16),
    )
    one = graph(*reads(BF16, BF16), *measured)
    assert traffic(one, 32).read_bytes == 2 * BF16.nbytes
    assert traffic(one, 31).read_bytes == 4 * BF16.nbytes
    assert traffic(one, 31).write_bytes == BF16.nbytes
    small = cut(one, workers=3, block_elements=1)
    assert (small.slots, small.buffer_elements, small.double) == (2, GRANULE_ELEMENTS, False)
    assert small.peak_bytes == 3 * GRANULE_ELEMENTS * (2 * (2 + 4) + 2)
    assert cut(graph(*reads(F32), Node(Copy(), (0,), F32)), 1).double


def test_a_long_row_needs_a_long_buffer() -> None:
    type = TensorType(DType.BF16, (2, 10 * GRANULE_ELEMENTS))
    rows = graph(
        *reads(type, type),
        Node(Gram(False, True), (0, 1), None),
        Node(Measured(ROW_SLERP, Arguments((), ())), (2,), None),
        Node(Blend(None), (3, 0, 1), type),
    )
    assert cut(rows, 1, block_elements=1).buffer_elements == 10 * GRANULE_ELEMENTS


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
    plain = verify(lower(plan.assignments, Report()), "lower")
    unsimplified = replace(plan, graph=plain, cut=cut(plain, 1, 64))
    for output, made in (("simple", plan), ("plain", unsimplified)):
        destination = str(tmp_path / output)
        build(Compiled(made, program.plugins), destination, force=False, sync=False, progress=lambda _: None)
    assert read_model(tmp_path / "simple") == read_model(tmp_path / "plain")
