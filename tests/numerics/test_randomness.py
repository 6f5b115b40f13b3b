"""Keyed random numbers: the same whatever they are asked for together with, and as good as random."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from mergec.contract.randomness import bits, halves, keep, stream_key, uniform

KEYS = [0, 1, 2**64 - 1, stream_key(0, "dare_ties", "model.norm.weight", "a")]
MANY = torch.empty(1 << 20)


def words(key: int, first: int = 0, like: torch.Tensor = MANY) -> NDArray[np.uint32]:
    return bits(key, first, like).numpy().view(np.uint32)


def deviations(counts: NDArray[np.int64]) -> float:
    """Pearson's statistic for equally likely classes, in standard deviations."""
    expected = counts.sum() / len(counts)
    freedom = len(counts) - 1
    return float((((counts - expected) ** 2 / expected).sum() - freedom) / np.sqrt(2 * freedom))


@given(
    key=st.integers(0, 2**64 - 1),
    first=st.one_of(st.integers(0, 20_000), st.integers(0, 2**40)),
    parts=st.lists(st.integers(0, 9000), min_size=1, max_size=4),
)
def test_a_number_depends_on_its_index_alone(key: int, first: int, parts: list[int]) -> None:
    whole = bits(key, first, torch.empty(sum(parts)))
    begins = np.cumsum([0, *parts])
    pieces = [bits(key, first + int(b), torch.empty(n)) for b, n in zip(begins, parts, strict=False)]
    assert torch.equal(whole, torch.cat(pieces))


def test_shape_and_kind_of_the_like_do_not_count() -> None:
    flat = bits(5, 77, torch.empty(6000))
    assert torch.equal(bits(5, 77, torch.empty(60, 100, dtype=torch.float64)), flat.view(60, 100))
    assert bits(5, 77, torch.empty(())).item() == flat[0]
    assert bits(5, 77, torch.empty(0, 3)).shape == (0, 3)


def test_the_numbers_of_a_key_never_change() -> None:
    """Masks of a recipe and a seed stay what they are from one version of mergec to the next."""
    assert words(42, 0, torch.empty(3)).tolist() == [936073135, 1980265928, 1079153727]
    assert words(2**63 + 1, 10**10, torch.empty(3)).tolist() == [2670927916, 1590403159, 2062570509]


@given(
    key=st.integers(0, 2**64 - 1), first=st.integers(0, 2**40), count=st.integers(0, 9000), begin=st.integers(0, 9000)
)
def test_a_half_depends_on_its_index_alone(key: int, first: int, count: int, begin: int) -> None:
    whole = halves(key, first, torch.empty(begin + count))
    assert whole.dtype == torch.int16
    assert torch.equal(whole[begin:], halves(key, first + begin, torch.empty(count)))


def test_two_halves_are_one_number() -> None:
    found = halves(3, 1000, torch.empty(40, 50)).numpy().view(np.uint16).reshape(-1, 2).astype(np.uint32)
    assert np.array_equal(found[:, 0] | found[:, 1] << 16, words(3, 500, torch.empty(1000)))


@pytest.mark.parametrize("key", KEYS)
def test_halves_are_uniform_and_independent_of_their_neighbours(key: int) -> None:
    u = halves(key, 0, MANY).numpy().view(np.uint16).astype(np.int64)
    assert abs(deviations(np.bincount(u, minlength=1 << 16))) < 5
    for lag in (1, 2, 3, 64, 2048, 4096, 8191, 8192, 8193, 1 << 18):
        pairs = (u[:-lag] >> 8) * 256 + (u[lag:] >> 8)
        assert abs(deviations(np.bincount(pairs, minlength=1 << 16))) < 5, lag


@pytest.mark.parametrize("key", KEYS)
def test_bits_and_pairs_of_neighbours_are_uniform(key: int) -> None:
    u = words(key)
    balance = [(2 * int((u >> k & 1).sum()) - len(u)) / np.sqrt(len(u)) for k in range(32)]
    assert max(map(abs, balance)) < 5
    assert abs(deviations(np.bincount(u >> 16, minlength=1 << 16))) < 5
    assert abs(deviations(np.bincount(u & 0xFFFF, minlength=1 << 16))) < 5
    for lag in (1, 2, 64, 2048, 4095, 4096, 4097, 8192, 1 << 18):
        for byte in (u >> 24, u & 0xFF):
            pairs = byte[:-lag].astype(np.int64) * 256 + byte[lag:]
            assert abs(deviations(np.bincount(pairs, minlength=1 << 16))) < 5, lag


@pytest.mark.parametrize("key", KEYS)
def test_corners_of_rectangles_are_independent(key: int) -> None:
    """Numbers stand in a table whose rows and columns are mixed apart: that must not show."""
    table = words(key).reshape(-1, 4096)
    for bit in (31, 24, 16, 0):
        s = (table >> bit & 1).astype(np.int8) * 2 - 1
        for down, across in ((1, 1), (1, 2), (3, 5), (64, 64), (7, 1024), (128, 2048)):
            product = s[:-down, :-across] * s[down:, :-across] * s[:-down, across:] * s[down:, across:]
            assert abs(product.astype(np.int64).sum()) < 5 * np.sqrt(product.size), (bit, down, across)


def test_keys_have_nothing_to_do_with_each_other() -> None:
    streams = [words(key) for key in (*KEYS, *(1 << k for k in range(1, 64, 7)))]
    for one, other in pairwise(streams):
        pairs = (one >> 24).astype(np.int64) * 256 + (other >> 24)
        assert abs(deviations(np.bincount(pairs, minlength=1 << 16))) < 5


def test_stream_keys_differ_by_each_of_their_parts() -> None:
    keys = {stream_key(0, "a", "b", "c"), stream_key(1, "a", "b", "c"), stream_key(0, "a", "bc", "")}
    keys |= {stream_key(0, "b", "b", "c"), stream_key(0, "a", "c", "c"), stream_key(0, "a", "b", "d")}
    assert len(keys) == 6


@pytest.mark.parametrize("probability", [0.0, 1e-4, 0.1, 0.5, 0.9, 1.0, 1.5])
def test_masks_keep_the_share_they_are_told(probability: float) -> None:
    mask = keep(9, 123, MANY, probability)
    p = min(probability, 1.0)
    assert mask.dtype == torch.bool
    assert abs(int(mask.sum()) - p * len(MANY)) <= 5 * np.sqrt(len(MANY) * p * (1 - p))
    assert torch.equal(mask[1000:5000], keep(9, 1123, torch.empty(4000), probability))


def test_masks_of_one_probability_for_each_element() -> None:
    wanted = torch.linspace(0, 1, len(MANY))
    mask = keep(9, 0, MANY, wanted)
    for part in range(8):
        here = slice(part * len(MANY) // 8, (part + 1) * len(MANY) // 8)
        share = float(wanted[here].double().mean())
        assert abs(float(mask[here].double().mean()) - share) < 5 * np.sqrt(share * (1 - share) * 8 / len(MANY))


def test_uniform_numbers_are_below_one() -> None:
    numbers = uniform(3, 0, MANY)
    assert numbers.dtype == torch.float32
    assert float(numbers.min()) >= 0
    assert float(numbers.max()) < 1
    assert abs(float(numbers.double().mean()) - 0.5) < 5 / np.sqrt(12 * len(MANY))
    assert abs(deviations(np.bincount((numbers.numpy() * 1000).astype(np.int64), minlength=1000))) < 5


@pytest.mark.parametrize("short_of_1", [0.0, 2.0**-33, 2.0**-40, 2.0**-53])
def test_a_probability_next_to_1_keeps_all(short_of_1: float) -> None:
    assert keep(3, 0, MANY, 1.0 - short_of_1).all()
