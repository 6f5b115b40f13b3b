"""All that mergec expects of a method, and the numbers against numpy."""
# ruff: noqa: RUF012  # the parameters of a suite are stated once and never changed

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from hypothesis import given
from mergec_template.blend import NLERP
from mergec_template.elementwise import THRESHOLD, both, thresholded
from mergec_template.plain import WITHOUT_EXTREMES
from mergec_template.rows import ROW_LENGTH
from mergec_template.whole import LOW_RANK
from numpy.typing import NDArray

from mergec.api import Arguments, Block
from mergec.testing import MethodSuite, strategies

Array = NDArray[np.float64]


def nlerp(inputs: Sequence[Array], base: Array | None, arguments: Arguments) -> Array:
    """The chord at the length between."""
    t, (a, b) = arguments.number("t"), inputs
    chord = (1 - t) * a + t * b
    length = (1 - t) * np.sqrt((a * a).sum()) + t * np.sqrt((b * b).sum())
    return np.asarray(chord * length / np.sqrt((chord * chord).sum()))


class TestNlerp(MethodSuite):
    method = NLERP
    parameters = {"t": 0.3}
    reference = nlerp
    provider = "mergec-template"


def threshold(inputs: Sequence[Array], base: Array | None, arguments: Arguments) -> Array:
    """What is large is added."""
    assert base is not None
    share, result = arguments.number("share"), base
    for x, weight in zip(inputs, arguments.numbers("weight"), strict=True):
        delta = x - base
        result = result + weight * delta * (np.abs(delta) >= share * np.abs(delta).max())
    return result


class TestThreshold(MethodSuite):
    method = THRESHOLD
    parameters = {"weight": (0.5, 0.8, 0.2), "share": 0.3}
    reference = threshold
    provider = "mergec-template"


@given(strategies.blocks(THRESHOLD))
def test_small_changes_leave_the_base(block: Block) -> None:
    """Next to an infinite one all are small."""
    assert block.base is not None
    alone = replace(block, measured=([np.inf] * len(block.inputs),))
    if block.arguments.number("share") > 0:
        assert (thresholded(alone) == block.base).all()


def test_the_largest_of_both_counts() -> None:
    """For each input."""
    assert both([1.0, 4.0], [3.0, 2.0]) == [3.0, 4.0]


def row_length(inputs: Sequence[Array], base: Array | None, arguments: Arguments) -> Array:
    """Rows of the average, as long as those of the inputs."""
    rows = [x.reshape(-1, x.shape[-1] if x.ndim else 1) for x in inputs]
    average = np.mean(rows, axis=0)
    lengths = np.mean([np.linalg.norm(x, axis=1, keepdims=True) for x in rows], axis=0)
    return np.asarray(average * lengths / np.linalg.norm(average, axis=1, keepdims=True)).reshape(inputs[0].shape)


class TestRowLength(MethodSuite):
    method = ROW_LENGTH
    reference = row_length
    provider = "mergec-template"


def low_rank(inputs: Sequence[Array], base: Array | None, arguments: Arguments) -> Array:
    """The average change from its largest singular values."""
    assert base is not None
    u, s, vt = np.linalg.svd(np.mean(inputs, axis=0) - base, full_matrices=False)
    kept = max(1, round(arguments.number("share") * len(s)))
    return np.asarray(base + (u[:, :kept] * s[:kept]) @ vt[:kept])


class TestLowRank(MethodSuite):
    method = LOW_RANK
    parameters = {"share": 0.4}
    reference = low_rank
    tolerance = 1e-5  # the decomposition is in float32 where the models have 16 bits
    large = (6, 500)
    provider = "mergec-template"


def without_extremes(inputs: Sequence[Array], base: Array | None, arguments: Arguments) -> Array:
    """Sorted, without both ends."""
    extremes, ordered = arguments.number("extremes"), np.sort(inputs, axis=0)
    total = ordered[1:-1].sum(axis=0) + extremes * (ordered[0] + ordered[-1])
    return np.asarray(total / (len(inputs) - 2 + 2 * extremes))


class TestWithoutExtremes(MethodSuite):
    method = WITHOUT_EXTREMES
    parameters = {"extremes": 0.2}
    reference = without_extremes
    inputs = 4
    provider = "mergec-template"
