"""Headers made to mislead. Whatever safetensors refuses is refused, and what it lets pass by accident as well."""

import json
import resource
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from mergec.checkpoint import BadHeader, LocalFolder, open_checkpoint, parse_header
from mergec.core.dtype import BY_CODE
from mergec.diagnostics import Code, Report
from tests.support.tensor_files import with_header

GOOD = '"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}'


def one(entry: str, data: bytes = bytes(4)) -> bytes:
    return with_header(b'{"a":' + entry.encode() + b"}", data)


def header(text: str, data: bytes = bytes(4)) -> bytes:
    return with_header(text.encode("utf-8"), data)


def two(first: tuple[int, int], second: tuple[int, int], data: int) -> bytes:
    tensors = {
        name: {"dtype": "U8", "shape": [max(0, stop - start)], "data_offsets": [start, stop]}
        for name, (start, stop) in (("a", first), ("b", second))
    }
    return with_header(json.dumps(tensors).encode(), bytes(data))


REFUSED_BY_BOTH = {
    "no bytes": b"",
    "seven bytes": bytes(7),
    "length zero": bytes(8),
    "length 2**63": (1 << 63).to_bytes(8, "little") + b"{}",
    "length 2**64 - 1": b"\xff" * 8 + b"{}",
    "length past the file": (100).to_bytes(8, "little") + b"{}",
    "not UTF-8": with_header(b'{"\xff":1}'),
    "not JSON": header("{nonsense}"),
    "a list": header("[]", b""),
    "half of a surrogate pair": header('{"\\ud800":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}'),
    "deep nesting": header('{"a":' + "[" * 100_000 + "]" * 100_000 + "}"),
    "text after the object": header("{" + GOOD + "} {}"),
    "a raw control character": header('{"a\x01":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}'),
    "a tensor that is a number": header('{"a":1}'),
    "metadata that is a list": header('{"__metadata__":[],' + GOOD + "}"),
    "metadata with a number": header('{"__metadata__":{"x":1},' + GOOD + "}"),
    "missing field": one('{"dtype":"U8","shape":[4]}'),
    "field twice": one('{"dtype":"U8","dtype":"U8","shape":[4],"data_offsets":[0,4]}'),
    "unknown dtype": one('{"dtype":"U9","shape":[4],"data_offsets":[0,4]}'),
    "lower-case dtype": one('{"dtype":"u8","shape":[4],"data_offsets":[0,4]}'),
    "dtype that is a list": one('{"dtype":["U8"],"shape":[4],"data_offsets":[0,4]}'),
    "float size": one('{"dtype":"U8","shape":[4.0],"data_offsets":[0,4]}'),
    "exponent size": one('{"dtype":"U8","shape":[4e0],"data_offsets":[0,4]}'),
    "boolean size": one('{"dtype":"U8","shape":[4,true],"data_offsets":[0,4]}'),
    "text size": one('{"dtype":"U8","shape":["4"],"data_offsets":[0,4]}'),
    "null size": one('{"dtype":"U8","shape":null,"data_offsets":[0,4]}'),
    "NaN size": one('{"dtype":"U8","shape":[NaN],"data_offsets":[0,4]}'),
    "negative size": one('{"dtype":"U8","shape":[-4],"data_offsets":[0,4]}'),
    "two negative sizes": one('{"dtype":"U8","shape":[-2,-2],"data_offsets":[0,4]}'),
    "negative zero": one('{"dtype":"U8","shape":[4],"data_offsets":[-0,4]}'),
    "size 2**64": one('{"dtype":"U8","shape":[18446744073709551616],"data_offsets":[0,4]}'),
    "size of 5000 digits": one('{"dtype":"U8","shape":[' + "9" * 5000 + '],"data_offsets":[0,4]}'),
    "leading zero": one('{"dtype":"U8","shape":[04],"data_offsets":[0,4]}'),
    "shape overflows": one('{"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,0]}', b""),
    "shape overflows before a zero": one('{"dtype":"U8","shape":[4294967296,4294967296,0],"data_offsets":[0,0]}', b""),
    "bits overflow": one('{"dtype":"F64","shape":[4611686018427387904],"data_offsets":[0,0]}', b""),
    "three offsets": one('{"dtype":"U8","shape":[4],"data_offsets":[0,4,4]}'),
    "offsets reversed": one('{"dtype":"U8","shape":[4],"data_offsets":[4,0]}'),
    "size is not that of the shape": one('{"dtype":"U8","shape":[3],"data_offsets":[0,4]}'),
    "half a byte": one('{"dtype":"F4","shape":[3],"data_offsets":[0,2]}', bytes(2)),
    "two thirds of a byte": one('{"dtype":"F6_E2M3","shape":[3],"data_offsets":[0,3]}', bytes(3)),
    "overlap": two((0, 4), (2, 6), 6),
    "same bytes twice": two((0, 4), (0, 4), 4),
    "hole": two((0, 4), (5, 9), 9),
    "hole at the start": two((1, 5), (5, 9), 9),
    "one byte short": header("{" + GOOD + "}", bytes(3)),
    "one byte long": header("{" + GOOD + "}", bytes(5)),
    "data without tensors": header("{}"),
}

REFUSED_BY_US = {
    "tensor twice": header("{" + GOOD + "," + GOOD + "}"),
    "metadata key twice": header('{"__metadata__":{"x":"1","x":"2"},' + GOOD + "}"),
    "white space first": header(" {" + GOOD + "}"),
    "line break last": header("{" + GOOD + "}\n"),
    "unknown field": one('{"dtype":"U8","shape":[4],"data_offsets":[0,4],"x":0}'),
    "metadata null": header('{"__metadata__":null,' + GOOD + "}"),
    "entry as a list": one('["U8",[4],[0,4]]'),
}


def opens(data: bytes, path: Path) -> bool:
    path.write_bytes(data)
    try:
        with safe_open(path, "np"):
            return True
    except (SafetensorError, OSError):
        return False


def parses(data: bytes) -> bool:
    try:
        parse_header(data, "f", len(data))
    except BadHeader:
        return False
    return True


@pytest.mark.parametrize("data", REFUSED_BY_BOTH.values(), ids=REFUSED_BY_BOTH.keys())
def test_refused_like_safetensors(data: bytes, tmp_path: Path):
    assert not opens(data, tmp_path / "f")
    assert not parses(data)


@pytest.mark.parametrize("data", REFUSED_BY_US.values(), ids=REFUSED_BY_US.keys())
def test_refused_although_safetensors_reads_it(data: bytes, tmp_path: Path):
    assert opens(data, tmp_path / "f")
    assert not parses(data)


@pytest.mark.parametrize("claimed", [10**8 + 1, 1 << 63, (1 << 64) - 1])
def test_a_huge_length_costs_neither_time_nor_memory(tmp_path: Path, claimed: int):
    path = tmp_path / "model.safetensors"
    with open(path, "wb") as file:
        file.write(claimed.to_bytes(8, "little"))
        file.truncate(3 * 10**8)  # a hole: no disk is used
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    report = Report()
    assert open_checkpoint(LocalFolder(str(tmp_path), "m"), report) is None
    assert time.process_time() - start < 0.2
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000
    assert report.diagnostics[0].code is Code.BAD_CHECKPOINT


sizes = st.integers(0, 6) | st.sampled_from([-1, 1.0, True, None, "1", 1 << 32, 1 << 64])
small = st.integers(0, 4)


@st.composite
def laid_out(draw: st.DrawFn) -> bytes:
    """A file that is right, except where it is not: each flaw is drawn on its own."""
    table: dict[str, Any] = {}
    position = 0
    for name in draw(st.lists(st.text(max_size=3), max_size=4, unique=True)):
        dtype = draw(st.sampled_from(sorted(BY_CODE)))
        shape = draw(st.lists(small, max_size=3))
        elements = 1
        for n in shape:
            elements *= n
        size = elements * BY_CODE[dtype].bits // 8
        table[name] = {"dtype": dtype, "shape": shape, "data_offsets": [position, position + size]}
        position += size
    flawed = sorted(table) and draw(st.sampled_from([None, *sorted(table)]))
    if flawed:
        draw(st.sampled_from(FLAWS))(table[flawed], draw)
    order = draw(st.permutations(list(table.items())))
    text = json.dumps(dict(order), ensure_ascii=draw(st.booleans()))
    padding = " " * draw(st.sampled_from([0, 0, 3]))
    return header(text + padding, bytes(max(0, position + draw(st.sampled_from([0, 0, 0, 1, -1])))))


def _shape(entry: dict[str, Any], draw: st.DrawFn) -> None:
    entry["shape"] = draw(st.lists(sizes, max_size=3))


def _offsets(entry: dict[str, Any], draw: st.DrawFn) -> None:
    entry["data_offsets"] = draw(st.lists(sizes, min_size=1, max_size=3))


def _shift(entry: dict[str, Any], draw: st.DrawFn) -> None:
    by = draw(st.sampled_from([-1, 1]))
    entry["data_offsets"] = [max(0, offset + by) for offset in entry["data_offsets"]]


def _dtype(entry: dict[str, Any], draw: st.DrawFn) -> None:
    entry["dtype"] = draw(st.sampled_from([*sorted(BY_CODE), "f32", "", 3, None]))


def _drop(entry: dict[str, Any], draw: st.DrawFn) -> None:
    del entry[draw(st.sampled_from(sorted(entry)))]


FLAWS = [_shape, _offsets, _shift, _dtype, _drop]


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(laid_out())
def test_structured_files_agree_with_safetensors(tmp_path: Path, data: bytes):
    assert parses(data) == opens(data, tmp_path / "f")


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(laid_out(), st.lists(st.tuples(st.integers(0, 200), st.binary(min_size=1, max_size=1)), max_size=3))
def test_mutated_bytes_are_never_accepted_where_safetensors_refuses(
    tmp_path: Path, data: bytes, changes: list[tuple[int, bytes]]
):
    mutated = bytearray(data)
    for place, byte in changes:
        mutated[place % len(mutated)] = byte[0]
    if parses(bytes(mutated)):
        assert opens(bytes(mutated), tmp_path / "f")


def test_what_safetensors_writes_is_read(tmp_path: Path):
    np = pytest.importorskip("numpy")
    data = save({"b": np.zeros((2, 3), np.float32), "a": np.ones(5, np.int8)}, {"format": "np"})
    found = parse_header(data, "f", len(data))
    assert {t.name: t.type.shape for t in found.tensors} == {"b": (2, 3), "a": (5,)}
    assert found.metadata == (("format", "np"),)
