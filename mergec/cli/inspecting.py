"""`mergec inspect`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from typing import Any

from mergec.cli.console import style_of, write_result
from mergec.core.anatomy import Place
from mergec.core.style import Style
from mergec.core.units import bytes_text, count_text
from mergec.diagnostics import Report
from mergec.driver import open_reference
from mergec.plan import OpenedModel
from mergec.sidecar import is_tied, model_type


def inspect_command(reference: str, tensors: bool, format: str, report: Report) -> None:
    """Open one checkpoint and print what its headers and config say."""
    opened = open_reference(reference, report)
    report.stop_if_failed()
    assert opened is not None
    if format == "json":
        write_result(json.dumps(_document(opened), indent=1))
    else:
        write_result("\n".join(_lines(opened, tensors, style_of(sys.stdout))))


def _lines(opened: OpenedModel, tensors: bool, style: Style) -> Iterable[str]:
    checkpoint = opened.checkpoint
    elements = sum(e.type.elements for e in checkpoint.tensors)
    kind = model_type(opened.config) or "unknown architecture"
    yield style.bold(
        f"{opened.model.reference}: {kind}, {len(checkpoint.tensors)} tensors, {count_text(elements)} parameters"
    )
    if checkpoint.folder.revision:
        yield f"  revision {checkpoint.folder.revision}"
    yield f"  types    {_types(opened)}"
    for stack in opened.anatomy.stacks:
        main = ", the one that layer ranges count" if stack == opened.anatomy.main else ""
        yield f"  layers   {stack.prefix}N: {stack.layers}{main}"
    yield f"  tied     {'the head shares the embedding' if is_tied(opened.config) else 'no'}"
    for file in checkpoint.files:
        yield f"  file     {file.name}, {bytes_text(file.size_bytes)}"
    if not tensors:
        return
    yield ""
    width = max((len(e.name) for e in checkpoint.tensors), default=0)
    for entry in checkpoint.tensors:
        roles = " ".join(sorted(opened.anatomy.place(entry.name).roles))
        yield f"{entry.name:<{width}}  {entry.type}  {roles}".rstrip()


def _types(opened: OpenedModel) -> str:
    sizes: dict[str, int] = {}
    for entry in opened.checkpoint.tensors:
        name = entry.type.dtype.torch_name or entry.type.dtype.code
        sizes[name] = sizes.get(name, 0) + entry.type.nbytes
    return ", ".join(f"{n} {bytes_text(b)}" for n, b in sorted(sizes.items(), key=lambda item: -item[1]))


def _document(opened: OpenedModel) -> dict[str, Any]:
    checkpoint = opened.checkpoint
    return {
        "version": 1,
        "reference": opened.model.reference,
        "revision": checkpoint.folder.revision,
        "model_type": model_type(opened.config),
        "tied": is_tied(opened.config),
        "stacks": [
            {"prefix": s.prefix, "layers": s.layers, "main": s == opened.anatomy.main} for s in opened.anatomy.stacks
        ],
        "files": [{"name": f.name, "bytes": f.size_bytes, "header_sha256": f.header_digest} for f in checkpoint.files],
        "tensors": [
            {
                "name": e.name,
                "dtype": e.type.dtype.code,
                "shape": list(e.type.shape),
                "file": e.file,
                **_place(opened.anatomy.place(e.name)),
            }
            for e in checkpoint.tensors
        ],
    }


def _place(place: Place) -> dict[str, Any]:
    return {"layer": place.layer, "stack": place.stack or None, "roles": sorted(place.roles)}
