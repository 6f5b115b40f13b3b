import hashlib
import json
import time

import pytest

from mergec.checkpoint import BadHeader, header_extent, parse_header
from mergec.core.dtype import DType
from mergec.core.tensor import TensorEntry, TensorType
from tests.support.tensor_files import tensor_file, with_header


def parse(data: bytes, file_size: int | None = None):
    return parse_header(data, "m.safetensors", len(data) if file_size is None else file_size)


def test_tensors_come_in_file_order_with_absolute_offsets():
    data = tensor_file({"z": ("BF16", (2, 3)), "a": ("F32", (5,)), "scalar": ("F64", ())})
    start = header_extent(data, len(data))
    assert parse(data).tensors == (
        TensorEntry("z", TensorType(DType.BF16, (2, 3)), "m.safetensors", start),
        TensorEntry("a", TensorType(DType.F32, (5,)), "m.safetensors", start + 12),
        TensorEntry("scalar", TensorType(DType.F64, ()), "m.safetensors", start + 32),
    )


def test_file_order_is_that_of_offsets_not_of_the_json():
    header = {
        "second": {"dtype": "U8", "shape": [1], "data_offsets": [1, 2]},
        "first": {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]},
    }
    found = parse(with_header(json.dumps(header).encode(), b"xy"))
    assert [entry.name for entry in found.tensors] == ["first", "second"]


def test_digest_covers_prefix_and_header_but_no_data():
    data = tensor_file({"a": ("F32", (2,))})
    header = parse(data)
    assert header.digest == hashlib.sha256(data[: header.header_bytes]).hexdigest()
    assert header.digest == parse(data[:-8] + b"\1" * 8).digest


def test_data_beyond_the_header_need_not_be_given():
    data = tensor_file({"a": ("F32", (1000,))})
    assert parse(data[: header_extent(data, len(data))], len(data)) == parse(data)


def test_padding_and_metadata():
    header = b'{"__metadata__":{"format":"pt","x":"1"},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}   '
    found = parse(with_header(header, b"x"))
    assert found.metadata == (("format", "pt"), ("x", "1"))
    assert found.header_bytes == 8 + len(header)


def test_no_tensors_and_empty_tensors():
    assert parse(with_header(b"{}")).tensors == ()
    data = tensor_file({"b": ("F32", (0, 7)), "a": ("F32", (0,)), "c": ("F32", (1,))})
    assert [entry.name for entry in parse(data).tensors] == ["a", "b", "c"]


@pytest.mark.parametrize("name", ["", "../x", "new\nline", "数", "x" * 1_000_000])
def test_names_are_kept_as_they_are(name: str):
    assert parse(tensor_file({name: ("U8", (1,))})).tensors[0].name == name


def test_sub_byte_elements():
    entry = {"dtype": "F4", "shape": [4], "data_offsets": [0, 2]}
    assert parse(with_header(json.dumps({"a": entry}).encode(), b"xy")).tensors[0].type.nbytes == 2


@pytest.mark.parametrize(
    ("cut", "rule"),
    [(3, "3 bytes, too few"), (20, "the file is cut short: its header alone"), (-1, "cut short: 1 of 8 data bytes")],
)
def test_a_file_cut_short_is_told_from_its_size(cut: int, rule: str):
    data = tensor_file({"a": ("F32", (2,))})
    with pytest.raises(BadHeader, match=rule):
        parse(data[:cut])


def test_messages_name_tensor_and_rule_and_stay_short():
    entry = {"dtype": "F32", "shape": [2], "data_offsets": [0, 4]}
    with pytest.raises(BadHeader) as caught:
        parse(with_header(json.dumps({"y" * 100_000: entry}).encode(), bytes(4)))
    assert "takes 8 bytes by its shape, 4 by its data_offsets" in str(caught.value)
    assert len(str(caught.value)) < 200


def test_time_does_not_grow_with_the_square_of_the_tensors():
    data = tensor_file({f"model.layers.{i}.weight": ("U8", (1,)) for i in range(40_000)})
    start = time.process_time()
    parse(data)
    assert time.process_time() - start < 6  # 0.4 on an idle machine; comparing all pairs takes minutes
