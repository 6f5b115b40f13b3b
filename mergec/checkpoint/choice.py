"""Which files of a folder are the model's weights."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from mergec.checkpoint.findings import Findings, listed
from mergec.checkpoint.index import INDEX, SUFFIX, Index, read_index
from mergec.core.folder import Folder
from mergec.diagnostics import Code

SINGLE = "model.safetensors"
_NUMBERED = re.compile(r"model-([0-9]+)-of-([0-9]+)\.safetensors")
_PICKLES = (".bin", ".pt", ".pth", ".ckpt")
_FOREIGN = {".gguf": "GGUF", ".h5": "TensorFlow", ".msgpack": "Flax", ".onnx": "ONNX"}


@dataclass(frozen=True, slots=True)
class Choice:
    """The weight files, by name, and the index that names them, if there is one."""

    files: tuple[str, ...]
    index: Index | None = None


def choose_files(folder: Folder, names: tuple[str, ...], findings: Findings) -> Choice | None:
    """The files that transformers would load, and where it finds none, the one set that can be meant."""
    own = [name for name in names if "/" not in name]
    if SINGLE in own:
        if INDEX in own:
            findings.warn(
                Code.BAD_CHECKPOINT,
                f"has both {SINGLE} and {INDEX}; the former counts, as in transformers",
                f"remove the set that is out of date from {folder.label}",
            )
        return Choice((SINGLE,))
    if INDEX in own:
        index = read_index(folder, findings)
        return Choice(index.files, index) if index else None
    return _numbered(own, findings) if any(map(_NUMBERED.fullmatch, own)) else _other(own, names, findings)


def _numbered(own: list[str], findings: Findings) -> Choice | None:
    found = {name: match for name in own if (match := _NUMBERED.fullmatch(name))}
    counts = sorted({match[2] for match in found.values()})
    if len(counts) > 1:
        findings.error(
            Code.BAD_CHECKPOINT,
            f"has no {INDEX}, and shards of {len(counts)} sets: {listed(sorted(found))}",
            "keep one set",
        )
        return None
    present = {int(match[1]) for match in found.values()}
    count = int(counts[0]) if len(counts[0]) < 7 else 10**6
    absent = [f"model-{i:05}-of-{counts[0]}.safetensors" for i in range(1, count + 1) if i not in present]
    if absent or len(present) != count or len(found) != count:
        report_missing(absent or sorted(found), count, findings)
        return None
    return Choice(tuple(sorted(found)))


def report_missing(absent: list[str], count: int, findings: Findings) -> None:
    """Shards that an index or the names of other shards call for."""
    findings.error(
        Code.MISSING_FILE,
        f"{len(absent)} of {count} shards missing: {listed(absent)}",
        "complete the folder; an interrupted download or copy leaves it like this",
    )


def _other(own: list[str], names: tuple[str, ...], findings: Findings) -> Choice | None:
    candidates = [name for name in own if name.endswith(SUFFIX)]
    usable = [name for name in candidates if not name.startswith(("adapter_model", "consolidated", "."))]
    if len(usable) == 1:
        return Choice((usable[0],))
    if usable:
        findings.error(
            Code.BAD_CHECKPOINT,
            f"has several weight files and no {INDEX}: {listed(usable)}",
            f"keep the one that is meant, or rename it to {SINGLE}",
        )
    else:
        _explain_absence(own, names, findings)
    return None


def _explain_absence(own: list[str], names: tuple[str, ...], findings: Findings) -> None:
    pickles = [name for name in own if name.endswith(_PICKLES) and name != "training_args.bin"]
    foreign = sorted({kind for suffix, kind in _FOREIGN.items() if any(name.endswith(suffix) for name in own)})
    folders = sorted({name.split("/")[0] for name in names if "/" in name and name.endswith(SUFFIX)})
    if any(name.startswith("adapter_model.") for name in own):
        text, help = _ADAPTER
        findings.error(Code.BAD_CHECKPOINT, text, help)
    elif any(name.startswith("consolidated") and name.endswith(SUFFIX) for name in own):
        text, help = _CONSOLIDATED
        findings.error(Code.BAD_CHECKPOINT, text, help)
    elif pickles:
        _report_pickles(pickles, findings)
    elif foreign:
        text = f"has weights in the format of {' and '.join(foreign)} only"
        findings.error(Code.BAD_CHECKPOINT, text, "use the safetensors version of the model that they were made from")
    elif folders:
        text = f"has weights in subfolders only: {listed(folders)}"
        findings.error(Code.MISSING_FILE, text, f"name one of them, such as {findings.label}/{folders[0]}")
    else:
        text = f"has no weights: no {SINGLE} and no {INDEX}" if names else "is an empty folder"
        findings.error(Code.MISSING_FILE, text, "a model folder holds config.json and safetensors files")


def _report_pickles(pickles: Iterable[str], findings: Findings) -> None:
    label = findings.label
    findings.error(
        Code.PICKLE,
        f"has its weights in pickle files only, which can run code when they are read: {listed(sorted(pickles))}",
        'convert them, if you trust them: python -c "from transformers import AutoModelForCausalLM as M; '
        f"M.from_pretrained('{label}').save_pretrained('{label.split('/')[-1]}-safetensors')\"",
    )


_ADAPTER = (
    "is an adapter, not a whole model",
    "merge it into its base first: PeftModel.from_pretrained(base, adapter).merge_and_unload().save_pretrained(…)",
)
_CONSOLIDATED = (
    "has its weights in consolidated.safetensors only, whose tensor names are not those of transformers",
    "use the version of the model that has model.safetensors files",
)
