from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mergec.diagnostics import Report, Source
from mergec.hooks import Plugins, load_plugins
from mergec.lsp.check import check
from mergec.lsp.models import Models
from mergec.lsp.page import Page
from tests.support.editor import Editor
from tests.support.merge_page import PageOf
from tests.support.tiny import write_tiny


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with two checkpoints of four layers, `base` and `tuned`."""
    directory = tmp_path_factory.mktemp("recipes")
    write_tiny(directory / "base", "llama")
    write_tiny(directory / "tuned", "llama")
    return directory


@pytest.fixture(scope="module")
def editor(folder: Path) -> Iterator[Editor]:
    """A client with its server, in that directory."""
    with Editor(folder) as found:
        yield found


@pytest.fixture(scope="session")
def plugins() -> Plugins:
    return load_plugins(Report())


@pytest.fixture
def page_of(folder: Path, plugins: Plugins) -> PageOf:
    """A text as the features see it once it has been checked."""

    def page(text: str) -> Page:
        models = Models()
        opener = models.opener(may_ask=False)
        opening = 'model base = "base"\nmodel tuned = "tuned"\nmerge m = lerp(base, tuned) { t = 0 }\noutput m'
        check(Source("opening.merge", opening), str(folder), plugins, opener)
        checked = check(Source(str(folder / "recipe.merge"), text), str(folder), plugins, opener)
        return Page(text, str(folder), plugins, models, checked)

    return page
