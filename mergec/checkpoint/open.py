"""From a model folder to its catalogue of tensors, reading headers only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from mergec.checkpoint.catalog import Checkpoint, WeightFile
from mergec.checkpoint.choice import Choice, choose_files, report_missing
from mergec.checkpoint.findings import Findings, listed
from mergec.checkpoint.header import BadHeader, Header, Headers, header_extent
from mergec.checkpoint.index import INDEX, Index
from mergec.checkpoint.json_text import shown
from mergec.core.folder import Folder
from mergec.diagnostics import Code, Report, Span

_FIRST_READ_BYTES = 1 << 16
_ENTRY_BYTES = 120
"""What a tensor takes in a header, its name not counted, in most cases."""
_SPARE_BYTES = 512
_FEW_FILES = 4
_THREADS = 8
_GIT_POINTER = b"version https://git-lfs"


class GitPointer(BadHeader):
    """A repository was cloned without its large files."""


def open_checkpoint(
    folder: Folder, report: Report, span: Span | None = None, headers: Headers | None = None
) -> Checkpoint | None:
    """The tensors of the model in `folder`; None, with everything that is wrong in `report`, if it cannot be used.

    span: the place in the recipe that names the model. headers: those of other models, shared where they are equal.
    Raises MachineFault where the disk or the network fails.
    """
    findings = Findings(folder, report, span)
    names = _names(folder, findings)
    choice = choose_files(folder, names, findings) if names is not None else None
    if choice is None:
        return None
    absent = sorted(set(choice.files).difference(names or ()))
    if absent:
        report_missing(absent, len(choice.files), findings)
    headers = headers or Headers()
    shards = _read_shards(folder, choice, absent, headers, findings)
    _check_tensors(shards, choice.index, findings)
    return None if findings.failed else _checkpoint(folder, shards, headers)


def _names(folder: Folder, findings: Findings) -> tuple[str, ...] | None:
    try:
        return folder.names()
    except NotADirectoryError:
        text = "is a file; a model is a folder"
        findings.error(Code.MISSING_MODEL, text, "name the folder that holds config.json and the weight files")
    except FileNotFoundError:
        findings.error(Code.MISSING_MODEL, "there is no such folder")
    return None


@dataclass(frozen=True, slots=True)
class _Shard:
    name: str
    size_bytes: int
    header: Header


def _read_shards(
    folder: Folder, choice: Choice, absent: list[str], headers: Headers, findings: Findings
) -> tuple[_Shard, ...]:
    """The files that can be read; what is wrong with the others goes to `findings`."""
    likely = _likely_bytes(choice.index)

    def read(name: str) -> _Result:
        try:
            return _read_shard(folder, name, likely.get(name, _FIRST_READ_BYTES), headers)
        except (BadHeader, FileNotFoundError) as error:
            return name, error

    shards: list[_Shard] = []
    for result in _map(read, tuple(name for name in choice.files if name not in absent)):
        if isinstance(result, _Shard):
            shards.append(result)
        else:
            _report_unreadable(*result, findings)
    return tuple(shards)


def _report_unreadable(name: str, error: BadHeader | FileNotFoundError, findings: Findings) -> None:
    if isinstance(error, FileNotFoundError):
        findings.error(Code.MISSING_FILE, f"{name} cannot be opened: {error}")
    elif isinstance(error, GitPointer):
        findings.error(Code.BAD_CHECKPOINT, f"{name}: {error}", "run `git lfs pull` in the folder")
    else:
        help = "the file is damaged, or only a part of it was copied or downloaded: fetch it again"
        findings.error(Code.BAD_CHECKPOINT, f"{name}: {error}", help)


_Result = _Shard | tuple[str, BadHeader | FileNotFoundError]


def _map(read: Callable[[str], _Result], files: tuple[str, ...]) -> Iterable[_Result]:
    """Headers of many shards are asked for at once: over a network, each costs a round trip."""
    if len(files) <= _FEW_FILES:
        return map(read, files)
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(_THREADS) as pool:
        return list(pool.map(read, files))


def _read_shard(folder: Folder, name: str, likely_bytes: int, headers: Headers) -> _Shard:
    size = folder.size(name)
    data = folder.read(name, 0, min(size, likely_bytes))
    if data.startswith(_GIT_POINTER):
        raise GitPointer("is a pointer of Git LFS, not the file itself")
    end = header_extent(data, size)
    if end > len(data):
        data += folder.read(name, len(data), end - len(data))
    return _Shard(name, size, headers.parse(data[:end], name, size))


def _likely_bytes(index: Index | None) -> dict[str, int]:
    """Enough for the header of each shard in most cases, so that one read does."""
    likely: Counter[str] = Counter()
    for tensor, file in index.tensors if index else ():
        likely[file] += _ENTRY_BYTES + len(tensor)
    return {file: _SPARE_BYTES + count for file, count in likely.items()}


def _check_tensors(shards: tuple[_Shard, ...], index: Index | None, findings: Findings) -> None:
    homes: dict[str, str] = {}
    twice: list[str] = []
    for shard in shards:
        for entry in shard.header.tensors:
            other = homes.setdefault(entry.name, shard.name)
            if other != shard.name:
                twice.append(f"{shown(entry.name)} ({other}, {shard.name})")
    if twice:
        findings.error(Code.BAD_CHECKPOINT, f"tensors stored in more than one file: {listed(twice)}")
    if not homes and not findings.failed:
        findings.error(Code.BAD_CHECKPOINT, "holds no tensors")
    if index:
        _check_index(index, homes, {shard.name for shard in shards}, findings)


def _check_index(index: Index, homes: dict[str, str], read: set[str], findings: Findings) -> None:
    """The headers are right where the index says otherwise; a tensor that is nowhere is an error."""
    absent = [shown(name) for name, file in index.tensors if name not in homes and file in read]
    moved = [shown(name) for name, file in index.tensors if name in homes and homes[name] != file]
    extra = [shown(name) for name in homes.keys() - {name for name, _ in index.tensors}]
    if absent:
        findings.error(Code.MISSING_TENSOR, f"{INDEX} lists tensors that no file holds: {listed(absent)}")
    if moved:
        findings.warn(Code.BAD_CHECKPOINT, f"{INDEX} places tensors in a file that does not hold them: {listed(moved)}")
    if extra:
        text = f"files hold tensors that {INDEX} does not list; they count: {listed(sorted(extra))}"
        findings.warn(Code.BAD_CHECKPOINT, text)


def _checkpoint(folder: Folder, shards: tuple[_Shard, ...], headers: Headers) -> Checkpoint:
    tensors = headers.tensors(tuple(shard.header for shard in shards))
    files = tuple(WeightFile(shard.name, shard.size_bytes, shard.header.digest) for shard in shards)
    return Checkpoint(folder, files, tensors)
