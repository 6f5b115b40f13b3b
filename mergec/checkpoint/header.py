"""The header of a safetensors file: read strictly, so that every byte of the file is one tensor's or the header's."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from mergec.checkpoint.catalog import natural_key
from mergec.checkpoint.json_text import BadJson, parse_object, shown
from mergec.core.dtype import BY_CODE, DType
from mergec.core.tensor import TensorEntry, TensorType

PREFIX_BYTES = 8
"""The header's length, an unsigned little-endian integer, stands first in the file."""

MAX_HEADER_BYTES = 100_000_000
"""The longest header that safetensors reads."""

_LIMIT = 1 << 64
_METADATA = "__metadata__"
_KEYS = {"dtype", "shape", "data_offsets"}


class BadHeader(ValueError):
    """The file is not a well-formed safetensors file; the message names the rule it breaks."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a safetensors file holds.

    tensors: in the order of the file, offsets counted from the file's start. header_bytes: length prefix included.
    digest: sha256 of these bytes, in hex.
    """

    tensors: tuple[TensorEntry, ...]
    metadata: tuple[tuple[str, str], ...]
    header_bytes: int
    digest: str


def header_extent(start: bytes, file_size: int) -> int:
    """Bytes that prefix and header take, from the first 8 bytes of a file of `file_size`. Raises BadHeader."""
    if file_size < PREFIX_BYTES or len(start) < PREFIX_BYTES:
        raise BadHeader(f"the file has {file_size} bytes, too few for a header")
    length = int.from_bytes(start[:PREFIX_BYTES], "little")
    if length > MAX_HEADER_BYTES:
        raise BadHeader(f"the header claims {length} bytes, more than the {MAX_HEADER_BYTES} that are allowed")
    if PREFIX_BYTES + length > file_size:
        raise BadHeader(f"the file is cut short: its header alone takes {length} bytes, the file has {file_size}")
    return PREFIX_BYTES + length


def parse_header(data: bytes, file_name: str, file_size: int) -> Header:
    """Check the header in `data`, the first bytes of a file of `file_size` bytes that holds all of the header.

    Raises BadHeader on anything that safetensors refuses, and also on what it lets pass although it is ambiguous:
    duplicate keys, unknown fields, white space before the brace or of another kind than padding after it.
    """
    end = header_extent(data, file_size)
    if len(data) < end:
        raise BadHeader(f"the header ends after {len(data)} of {end} bytes")
    raw = data[:end]
    table = _decode(raw[PREFIX_BYTES:])
    metadata = _metadata(table.pop(_METADATA, {}))
    types: dict[tuple[DType, tuple[int, ...]], TensorType] = {}
    stored = (_stored(name, info, types) for name, info in table.items())
    found = sorted(stored)  # names are distinct, so types never compare
    _check_text([name for _, _, name, _ in found] + [text for pair in metadata for text in pair])
    _check_layout(found, file_size - end)
    tensors = tuple(TensorEntry(name, type, file_name, end + start) for start, _, name, type in found)
    return Header(tensors, metadata, end, hashlib.sha256(raw).hexdigest())


class Headers:
    """Reads headers; two with the same bytes, as of a model and its fine-tune, are read once and shared."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int, bytes], Header] = {}
        self._ordered: dict[tuple[int, ...], tuple[tuple[Header, ...], tuple[TensorEntry, ...]]] = {}

    def tensors(self, headers: tuple[Header, ...]) -> tuple[TensorEntry, ...]:
        """The tensors of several files in natural order of their names; the same tuple for the same headers."""
        key = tuple(map(id, headers))
        if key not in self._ordered:
            entries = [entry for header in headers for entry in header.tensors]
            entries.sort(key=lambda entry: natural_key(entry.name))
            self._ordered[key] = headers, tuple(entries)
        return self._ordered[key][1]

    def parse(self, data: bytes, file_name: str, file_size: int) -> Header:
        """As `parse_header`."""
        key = (file_name, file_size, hashlib.sha256(data).digest())
        if key not in self._known:
            self._known[key] = parse_header(data, file_name, file_size)
        return self._known[key]


_Stored = tuple[int, int, str, TensorType]


def _decode(raw: bytes) -> dict[str, object]:
    text = raw.rstrip(b" ")
    if not text.startswith(b"{") or not text.endswith(b"}"):
        raise BadHeader("the header does not begin with `{` and end with `}` and spaces")
    try:
        return parse_object(text, _natural)
    except BadJson as error:
        raise BadHeader(f"the header {error}") from error


def _natural(digits: str) -> int:
    # JSON's "-0" would otherwise become a plain 0.
    value = int(digits) if len(digits) <= 20 else _LIMIT
    if value >= _LIMIT or digits[0] == "-":
        raise BadJson(f"has {shown(digits)} where a size belongs, an integer from 0 to 2**64 - 1")
    return value


def _metadata(value: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise BadHeader(f"`{_METADATA}` does not map strings to strings")
    return tuple(value.items())


def _stored(name: str, info: object, types: dict[tuple[DType, tuple[int, ...]], TensorType]) -> _Stored:
    """Where a tensor is, and its type: one object for all tensors of the type."""
    if not isinstance(info, dict) or info.keys() != _KEYS:
        raise BadHeader(f"the entry of tensor {shown(name)} does not have exactly dtype, shape and data_offsets")
    code, shape, offsets = info["dtype"], info["shape"], info["data_offsets"]
    dtype = BY_CODE.get(code) if isinstance(code, str) else None
    if dtype is None:
        raise BadHeader(f"tensor {shown(name)} has the unknown dtype {shown(code)}")
    if not _are_sizes(shape):
        raise BadHeader(f"the shape of tensor {shown(name)} is not a list of sizes")
    if not _are_sizes(offsets) or len(offsets) != 2:
        raise BadHeader(f"the data_offsets of tensor {shown(name)} are not two sizes")
    start, stop = offsets
    key = (dtype, tuple(shape))
    type = types.get(key)
    needed = _bytes_of(name, dtype, shape) if type is None else type.nbytes
    if stop - start != needed:
        raise BadHeader(f"tensor {shown(name)} takes {needed} bytes by its shape, {stop - start} by its data_offsets")
    return start, stop, name, types.setdefault(key, type or TensorType(*key))


def _are_sizes(value: object) -> bool:
    # True is an int to isinstance.
    return isinstance(value, list) and {int}.issuperset(map(type, value))


def _bytes_of(name: str, dtype: DType, shape: list[int]) -> int:
    elements = 1
    for length in shape:
        elements *= length
        if elements >= _LIMIT:  # also where a later 0 would make the product small: safetensors overflows
            break
    bits = elements * dtype.bits
    if bits >= _LIMIT:
        raise BadHeader(f"the shape of tensor {shown(name)} overflows 64 bits")
    if bits % 8:
        raise BadHeader(f"tensor {shown(name)} does not fill whole bytes: {elements} elements of {dtype.bits} bits")
    return bits // 8


def _check_text(texts: list[str]) -> None:
    """JSON escapes can spell half a surrogate pair, which is no text."""
    try:
        "".join(texts).encode("utf-8")
    except UnicodeEncodeError as error:
        raise BadHeader("a name in the header is not valid Unicode") from error


def _check_layout(found: list[_Stored], data_bytes: int) -> None:
    """Tensors follow each other without hole or overlap, from the end of the header to the end of the file."""
    position = 0
    for start, stop, name, _ in found:
        if start != position:
            kind = "overlaps the tensor before it" if start < position else "leaves a hole before it"
            raise BadHeader(f"tensor {shown(name)} {kind}: it starts at {start}, not at {position}")
        position = stop
    if position > data_bytes:
        raise BadHeader(f"the file is cut short: {position - data_bytes} of {position} data bytes are missing")
    if position < data_bytes:
        raise BadHeader(f"{data_bytes - position} bytes follow the last tensor")
