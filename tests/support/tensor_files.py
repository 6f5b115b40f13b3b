"""Safetensors files made by hand, right and wrong."""

from __future__ import annotations

import json
from math import prod
from typing import Any

_BYTES = {"F8_E4M3": 1, "BF16": 2, "F16": 2, "F32": 4, "F64": 8, "I64": 8, "U8": 1, "BOOL": 1}


def with_header(header: bytes, data: bytes = b"") -> bytes:
    """A file of the given header and data, right or wrong."""
    return len(header).to_bytes(8, "little") + header + data


def entries(shapes: dict[str, tuple[str, tuple[int, ...]]]) -> dict[str, Any]:
    """Header entries for tensors that follow each other."""
    header: dict[str, Any] = {}
    position = 0
    for name, (dtype, shape) in shapes.items():
        size = prod(shape) * _BYTES[dtype]
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [position, position + size]}
        position += size
    return header


def tensor_file(shapes: dict[str, tuple[str, tuple[int, ...]]]) -> bytes:
    """A valid file of zeros."""
    header = entries(shapes)
    size = max((info["data_offsets"][1] for info in header.values()), default=0)
    return with_header(json.dumps(header).encode(), bytes(size))


def index(weight_map: dict[str, str]) -> bytes:
    """`model.safetensors.index.json`."""
    return json.dumps({"metadata": {"total_size": 0}, "weight_map": weight_map}).encode()
