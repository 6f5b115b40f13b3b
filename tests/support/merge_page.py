"""Texts as the features of the language server see them."""

from __future__ import annotations

from collections.abc import Callable

from mergec.lsp.page import Page

PageOf = Callable[[str], Page]
"""Makes a page of a text that has been checked as far as it goes."""
