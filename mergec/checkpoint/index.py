"""`model.safetensors.index.json`: which shard holds which tensor."""

from __future__ import annotations

from dataclasses import dataclass

from mergec.checkpoint.findings import Findings, listed
from mergec.checkpoint.json_text import BadJson, parse_object, shown
from mergec.core.folder import Folder
from mergec.diagnostics import Code

INDEX = "model.safetensors.index.json"
SUFFIX = ".safetensors"
MAX_INDEX_BYTES = 100_000_000


@dataclass(frozen=True, slots=True)
class Index:
    """Pairs of tensor name and file name, as the index states them."""

    tensors: tuple[tuple[str, str], ...]

    @property
    def files(self) -> tuple[str, ...]:
        return tuple(sorted({file for _, file in self.tensors}))


def read_index(folder: Folder, findings: Findings) -> Index | None:
    """The index of a folder that has one; None, with the reason in `findings`, if it cannot be used."""
    size = folder.size(INDEX)
    if size > MAX_INDEX_BYTES:
        findings.error(Code.BAD_CHECKPOINT, f"{INDEX} has {size} bytes, more than the {MAX_INDEX_BYTES} allowed")
        return None
    try:
        table = parse_object(folder.read(INDEX))
    except BadJson as error:
        findings.error(Code.BAD_CHECKPOINT, f"{INDEX} {error}")
        return None
    return _checked(table.get("weight_map"), findings)


def is_shard_name(name: str) -> bool:
    """Whether an index may name this file: a `.safetensors` file that stands beside the index."""
    return name.endswith(SUFFIX) and not name.startswith(".") and not any(c in name for c in "/\\\0")


def _checked(weight_map: object, findings: Findings) -> Index | None:
    if not isinstance(weight_map, dict) or not weight_map:
        findings.error(Code.BAD_CHECKPOINT, f"{INDEX} has no `weight_map` from tensors to files")
        return None
    bad = sorted({shown(file) for file in weight_map.values() if not isinstance(file, str) or not is_shard_name(file)})
    if bad:
        text = f"{INDEX} names files that are not .safetensors files beside it: {listed(bad)}"
        findings.error(Code.BAD_CHECKPOINT, text)
        return None
    return Index(tuple(weight_map.items()))
