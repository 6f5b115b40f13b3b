"""The server: documents come in, features answer. Speaks the Language Server Protocol on standard streams."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import BinaryIO

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.uris import from_fs_path, to_fs_path
from pygls.workspace import TextDocument

from mergec import __version__
from mergec.diagnostics import Report, Source
from mergec.hooks import load_plugins
from mergec.lsp.check import Checked
from mergec.lsp.checker import Checker, Job
from mergec.lsp.complete import completions
from mergec.lsp.findings import to_client
from mergec.lsp.hover import hover_at
from mergec.lsp.models import Models
from mergec.lsp.navigate import definition_at, outline, signature_at
from mergec.lsp.page import Page
from mergec.lsp.positions import Lines
from mergec.lsp.recipes import is_recipe
from mergec.syntax.formatting import format_source
from mergec.syntax.limits import MAX_CHARACTERS

WAIT_S = 0.2
"""How long after an edit a check begins."""

TRIGGERS = ['"', ".", "[", "(", "*", "/"]


class MergeServer(LanguageServer):
    """The language server of one client."""

    def __init__(self) -> None:
        super().__init__("mergec", __version__, text_document_sync_kind=types.TextDocumentSyncKind.Full)
        self.found = Report()
        self.plugins = load_plugins(self.found)
        self.models = Models()
        self.checked: dict[str, Checked] = {}
        self.checker = Checker(self.plugins, self.models, self._publish, self._failed)

    def page(self, uri: str) -> tuple[Page, Lines] | None:
        """A document for the features; None for one in another language, or too long for them."""
        document = self.workspace.get_text_document(uri)
        text = document.source
        if len(text) > MAX_CHARACTERS or not source_of(document).name.lower().endswith(".merge"):
            return None
        checked = self.checked.get(uri)
        current = checked if checked is not None and checked.source.text == text else None
        return Page(text, self.directory(document), self.plugins, self.models, current), self.lines(text)

    def place(self, uri: str, position: types.Position) -> tuple[Page, Lines, int] | None:
        """A document and an offset in it, as `page`."""
        found = self.page(uri)
        return None if found is None else (*found, found[1].offset(position))

    def lines(self, text: str) -> Lines:
        """The lines of a text, counted as this client counts."""
        return Lines(text, str(getattr(self.workspace.position_encoding, "value", self.workspace.position_encoding)))

    def directory(self, document: TextDocument) -> str:
        """Where relative paths start: beside a file; for what is not saved yet, in the workspace."""
        path = to_fs_path(document.uri)
        return os.path.dirname(path) if path else self.workspace.root_path or os.getcwd()

    def check(self, uri: str, delay_s: float, may_ask: bool) -> None:
        """Check a document soon, if it is a recipe."""
        document = self.workspace.get_text_document(uri)
        source = source_of(document)
        if is_recipe(source):
            self.checker.ask(Job(uri, source, self.directory(document), delay_s, may_ask))
        else:
            self.forget(uri)

    def forget(self, uri: str) -> None:
        """Take back what was said of a document."""
        self.checker.forget(uri)
        self.checked.pop(uri, None)
        self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, []))

    def _publish(self, job: Job, checked: Checked) -> None:
        checked = replace(checked, diagnostics=(*self.found.diagnostics, *checked.diagnostics))
        self.checked[job.uri] = checked
        document = self.workspace.get_text_document(job.uri)
        found = to_client(checked.diagnostics, job.uri, self.lines(checked.source.text))
        self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(job.uri, found, document.version))
        if checked.fault:
            self.log(f"{job.source.name}: {checked.fault}")

    def _failed(self, error: Exception) -> None:
        self.log(f"this is a bug in mergec {__version__}: {type(error).__name__}: {error}")

    def log(self, message: str) -> None:
        """Tell the client something that is not about a place in a text."""
        self.window_log_message(types.LogMessageParams(types.MessageType.Warning, message))


def source_of(document: TextDocument) -> Source:
    """The text of a document, under a name that tells its language."""
    path = to_fs_path(document.uri) or document.uri
    is_named = path.lower().endswith((".merge", ".yaml", ".yml"))
    suffix = "" if is_named else ".yaml" if document.language_id == "yaml" else ".merge"
    return Source(path + suffix, document.source)


def make_server() -> MergeServer:
    """A server with all its features."""
    server = MergeServer()
    _add_documents(server)
    _add_features(server)
    _add_navigation(server)
    _add_formatting(server)
    return server


def _add_documents(server: MergeServer) -> None:
    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def opened(params: types.DidOpenTextDocumentParams) -> None:
        server.check(params.text_document.uri, 0.0, may_ask=True)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def changed(params: types.DidChangeTextDocumentParams) -> None:
        server.check(params.text_document.uri, WAIT_S, may_ask=False)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def saved(params: types.DidSaveTextDocumentParams) -> None:
        server.check(params.text_document.uri, 0.0, may_ask=True)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def closed(params: types.DidCloseTextDocumentParams) -> None:
        server.forget(params.text_document.uri)


def _add_features(server: MergeServer) -> None:
    @server.feature(types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions(trigger_characters=TRIGGERS))
    def complete(params: types.CompletionParams) -> list[types.CompletionItem]:
        place = server.place(params.text_document.uri, params.position)
        if place is None:
            return []
        page, lines, offset = place
        return list(completions(page, offset, lines))

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    def hover(params: types.HoverParams) -> types.Hover | None:
        place = server.place(params.text_document.uri, params.position)
        found = hover_at(place[0], place[2]) if place is not None else None
        if place is None or found is None:
            return None
        text = types.MarkupContent(types.MarkupKind.Markdown, found.text)
        return types.Hover(text, place[1].range(found.start, found.end))

    @server.feature(types.TEXT_DOCUMENT_SIGNATURE_HELP, types.SignatureHelpOptions(trigger_characters=["(", ","]))
    def signature(params: types.SignatureHelpParams) -> types.SignatureHelp | None:
        place = server.place(params.text_document.uri, params.position)
        return None if place is None else signature_at(place[0], place[2])


def _add_navigation(server: MergeServer) -> None:
    @server.feature(types.TEXT_DOCUMENT_DEFINITION)
    def define(params: types.DefinitionParams) -> types.Location | None:
        place = server.place(params.text_document.uri, params.position)
        target = definition_at(place[0], place[2]) if place is not None else None
        if place is None or target is None:
            return None
        inside = place[1] if target.path is None else server.lines(target.text)
        uri = params.text_document.uri if target.path is None else from_fs_path(target.path)
        return types.Location(uri or "", inside.range(target.start, target.end))

    @server.feature(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
    def symbols(params: types.DocumentSymbolParams) -> list[types.DocumentSymbol]:
        found = server.page(params.text_document.uri)
        return [] if found is None else list(outline(found[0].text, found[1]))


def _add_formatting(server: MergeServer) -> None:
    @server.feature(types.TEXT_DOCUMENT_FORMATTING)
    def format(params: types.DocumentFormattingParams) -> list[types.TextEdit]:
        found = server.page(params.text_document.uri)
        if found is None:
            return []
        text, lines = found[0].text, found[1]
        formatted = format_source(Source("", text), Report())
        return [] if formatted in (None, text) else [types.TextEdit(lines.range(0, len(text)), formatted)]


def serve(stdin: BinaryIO, stdout: BinaryIO) -> None:
    """Serve one client until it says goodbye or goes away."""
    make_server().start_io(stdin, stdout)
