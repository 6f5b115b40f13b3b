"""Which output tensors are made in processes of their own, and which by threads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from mergec.plan import Agree, Copy, Plan, Schemes
from mergec.plan.budget import held_bytes

SHARE_ELEMENTS = 1 << 22
"""Elements of the tensors in one share, at the least."""

LEAST_ELEMENTS = 1 << 24
"""Elements for each worker, below which it takes longer to start a process than to wait for a turn."""


def shares_of(plan: Plan, schemes: Schemes, order: Sequence[int]) -> list[list[int]]:
    """Output tensors by place, in an order, grouped into shares; no share has a part of a tensor.

    Left out are tensors so large that processes would wait for one that makes such a tensor: threads can divide it.
    None are left where threads do as well: nothing is computed, or whole tensors are, in few and long operations.
    """
    elements = {i: plan.places[i].type.elements for i in order}
    total = sum(n for i, n in elements.items() if not isinstance(plan.graph.nodes[plan.graph.outputs[i]].op, Copy))
    workers = plan.cut.workers
    if workers < 2 or total < workers * LEAST_ELEMENTS or any(_held(plan, schemes, order)):
        return []
    return list(_grouped((i for i in order if elements[i] * 2 * workers <= total), elements))


def _held(plan: Plan, schemes: Schemes, order: Iterable[int]) -> Iterator[int]:
    for i in order:
        number = plan.graph.outputs[i]
        if not isinstance(plan.graph.nodes[number].op, Copy | Agree):
            yield held_bytes(plan.graph, schemes.program(number))


def _grouped(order: Iterable[int], elements: dict[int, int]) -> Iterator[list[int]]:
    share: list[int] = []
    size = 0
    for i in order:
        share.append(i)
        size += elements[i]
        if size >= SHARE_ELEMENTS:
            yield share
            share, size = [], 0
    if share:
        yield share
