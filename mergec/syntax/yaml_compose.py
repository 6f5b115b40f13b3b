"""From YAML text to nodes: PyYAML's events, checked one by one as they come."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, NoReturn

import yaml

from mergec.diagnostics import Code, Report, Source, Span
from mergec.syntax.yaml_errors import Refused, explain_yaml_error
from mergec.syntax.yaml_mapping import mapping
from mergec.syntax.yaml_nodes import (
    LONGEST_RESOLVED,
    MAX_CHARACTERS,
    MAX_DEPTH,
    MAX_NODES,
    Node,
    Scalar,
    ScalarKind,
    Sequence,
    shown,
)

_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_RESOLVER: Any = yaml.resolver.Resolver()
_TAG = "tag:yaml.org,2002:"
_FIRST_STEPS = "begin with `merge_method: slerp` and `models:`; `mergec demo DIR` writes a recipe to try"
_KINDS = {
    "str": ScalarKind.TEXT,
    "int": ScalarKind.INTEGER,
    "float": ScalarKind.FLOAT,
    "bool": ScalarKind.FLAG,
    "null": ScalarKind.NULL,
}
_IMPLICIT_KINDS = {**_KINDS, "timestamp": ScalarKind.DATE}


def compose(source: Source, report: Report) -> Node | None:
    """The one document in `source`; None if it cannot be read, which is then in `report`.

    Duplicate keys and keys that are no words are reported, but do not stop the reading.
    """
    try:
        return _composed(source, report)
    except Refused as refused:
        report.add(refused.diagnostic)
    except yaml.YAMLError as error:
        report.add(explain_yaml_error(error, source))
    return None


def _composed(source: Source, report: Report) -> Node | None:
    text = source.text
    if len(text) > MAX_CHARACTERS:
        raise Refused(Code.TOO_COMPLEX, f"the recipe has more than {MAX_CHARACTERS:,} characters")
    skipped = 1 if text.startswith("\ufeff") else 0
    if bad := _UNPRINTABLE.search(text, skipped):
        where = Span(source, bad.start(), bad.end())
        what = f"the recipe holds the control character U+{ord(bad.group()):04X}"
        raise Refused(Code.UNREADABLE_RECIPE, what, where, help="is this a text file, in UTF-8?")
    composer = _Composer(source, skipped, report)
    for event in yaml.parse(text[skipped:], Loader=_LOADER):
        composer.take(event)
    return composer.result()


@dataclass(slots=True)
class _Open:
    """A collection whose end has not been read; `written` is each child's span, an alias's own where it is one."""

    event: Any
    children: list[Node] = field(default_factory=list)
    written: list[Span] = field(default_factory=list)


class _Composer:
    def __init__(self, source: Source, skipped: int, report: Report) -> None:
        self.source = source
        self.skipped = skipped
        self.report = report
        self.open: list[_Open] = []
        self.anchors: dict[str, Node | None] = {}
        self.root: Node | None = None
        self.nodes = 0

    def take(self, event: Any) -> None:
        match event:
            case yaml.ScalarEvent():
                scalar = self.scalar(event)
                self.add(scalar, 1, scalar.span)
            case yaml.AliasEvent():
                node = self.anchored(event)
                self.add(node, node.nodes, self.span(event))
            case yaml.CollectionStartEvent():
                self.begin(event)
            case yaml.CollectionEndEvent():
                node = self.collection(self.open.pop(), event)
                self.add(node, 1, node.span)
            case yaml.DocumentStartEvent() if self.root is not None:
                what = "there is more than one document in this file"
                raise Refused(Code.NOT_SUPPORTED, what, self.span(event), help="keep one recipe in a file")

    def result(self) -> Node | None:
        if self.root is None or (isinstance(self.root, Scalar) and not self.root.text and self.root.plain):
            raise Refused(Code.EMPTY_RECIPE, "the recipe is empty", Span(self.source, 0, 0), help=_FIRST_STEPS)
        return self.root

    def span(self, event: Any) -> Span:
        first, end = event.start_mark.index + self.skipped, event.end_mark.index + self.skipped
        return Span(self.source, first, first + len(self.source.text[first:end].rstrip()))

    def add(self, node: Node, nodes: int, written: Span) -> None:
        """Put a finished node, or an alias for it, where it is written."""
        self.nodes += nodes
        if self.nodes > MAX_NODES:
            raise Refused(Code.TOO_COMPLEX, f"the recipe has more than {MAX_NODES:,} values", written)
        if not self.open:
            self.root = node
            return
        self.open[-1].children.append(node)
        self.open[-1].written.append(written)

    def scalar(self, event: Any) -> Scalar:
        span = self.span(event)
        if bad := _UNPRINTABLE.search(event.value):
            raise Refused(Code.BAD_VALUE, f"this text holds the control character U+{ord(bad.group()):04X}", span)
        plain = bool(event.implicit[0])
        node = Scalar(event.value, self.kind(event, plain, span), plain, span)
        if event.anchor is not None:
            self.anchors[event.anchor] = node
        return node

    def kind(self, event: Any, plain: bool, span: Span) -> ScalarKind:
        if plain:
            if len(event.value) > LONGEST_RESOLVED:
                return ScalarKind.TEXT
            tag = _RESOLVER.resolve(yaml.ScalarNode, event.value, (True, False))
            return _IMPLICIT_KINDS.get(tag.removeprefix(_TAG), ScalarKind.TEXT)
        if event.tag in (None, "!"):
            return ScalarKind.TEXT
        return _KINDS.get(event.tag.removeprefix(_TAG)) or _refuse_tag(event, span)

    def anchored(self, event: Any) -> Node:
        name, span = event.anchor, self.span(event)
        if name not in self.anchors:
            what = f"the alias `*{shown(name)}` has no anchor `&{shown(name)}` before it"
            raise Refused(Code.SYNTAX, what, span)
        node = self.anchors[name]
        if node is None:
            raise Refused(Code.SYNTAX, f"`*{shown(name)}` stands inside what it refers to, without end", span)
        return node

    def begin(self, event: Any) -> None:
        if len(self.open) >= MAX_DEPTH:
            what = f"lists and mappings are nested more than {MAX_DEPTH} deep"
            raise Refused(Code.TOO_COMPLEX, what, self.span(event))
        if event.tag not in (None, "!", _TAG + "map", _TAG + "seq"):
            _refuse_tag(event, self.span(event))
        if event.anchor is not None:
            self.anchors[event.anchor] = None
        self.open.append(_Open(event))

    def collection(self, opened: _Open, end: Any) -> Node:
        span = self.collection_span(opened, end)
        size = 1 + sum(child.nodes for child in opened.children)
        node: Node
        if isinstance(opened.event, yaml.MappingStartEvent):
            node = mapping(opened.children, opened.written, span, size, self.report)
        else:
            node = Sequence(tuple(opened.children), span, size)
        if opened.event.anchor is not None:
            self.anchors[opened.event.anchor] = node
        return node

    def collection_span(self, opened: _Open, end: Any) -> Span:
        """Without flow brackets a collection ends, for us, with its last child: YAML's own mark lies far below."""
        first = opened.event.start_mark.index + self.skipped
        if opened.event.flow_style or not opened.written:
            return Span(self.source, first, end.end_mark.index + self.skipped)
        return Span(self.source, first, max(first, opened.written[-1].end))


def _refuse_tag(event: Any, span: Span) -> NoReturn:
    tag = event.tag.replace(_TAG, "!!")
    raise Refused(
        Code.NOT_SUPPORTED,
        f"the YAML tag `{shown(tag)}` is not allowed in a recipe",
        span,
        help="recipes hold numbers, text, lists and mappings; nothing in them is run",
    )
