"""Keys and values paired to a mapping: distinct keys, merge keys resolved."""

from __future__ import annotations

from collections.abc import Iterator

from mergec.diagnostics import Code, Label, Report, Span
from mergec.syntax.yaml_nodes import Entry, Mapping, Node, Scalar, Sequence, kind_of, shown


def mapping(children: list[Node], written: list[Span], span: Span, nodes: int, report: Report) -> Mapping:
    """A mapping of alternating keys and values. A key given twice is an error; the mapping's own keys win over what
    `<<` brings in, and of several mappings under `<<` the first wins."""
    own: dict[str, Entry] = {}
    merged: dict[str, Entry] = {}
    for i in range(0, len(children), 2):
        entry = _entry(children[i], children[i + 1], written[i].to(written[i + 1]), report)
        if entry is None:
            continue
        if entry.key.plain and entry.key.text == "<<":
            for brought in _brought_in(entry, report):
                merged.setdefault(brought.key.text, brought)
        else:
            _note(entry, own, report)
    kept = [entry for key, entry in merged.items() if key not in own]
    return Mapping((*kept, *own.values()), span, nodes)


def _entry(key: Node, value: Node, span: Span, report: Report) -> Entry | None:
    if isinstance(key, Scalar):
        return Entry(key, value, span)
    report.error(Code.WRONG_TYPE, f"a key is a word, not {kind_of(key)}", key.span)
    return None


def _note(entry: Entry, own: dict[str, Entry], report: Report) -> None:
    first = own.get(entry.key.text)
    if first is not None:
        report.error(
            Code.DUPLICATE_KEY,
            f"the key `{shown(entry.key.text)}` is given twice",
            entry.key.span,
            "again here",
            help="keep one of them",
            also=(Label(first.key.span, "first here"),),
        )
    own[entry.key.text] = entry


def _brought_in(entry: Entry, report: Report) -> Iterator[Entry]:
    sources = entry.value.items if isinstance(entry.value, Sequence) else (entry.value,)
    for source in sources:
        if isinstance(source, Mapping):
            yield from source.entries
        else:
            what = f"`<<` takes a mapping or a list of mappings, not {kind_of(source)}"
            report.error(Code.WRONG_TYPE, what, source.span)
