"""Models are opened once, anew when their files change, and sought on the Hub only when that is wanted."""

from __future__ import annotations

from pathlib import Path

import pytest

from mergec.diagnostics import MachineFault, Report, Source, Span
from mergec.hooks import Plugins
from mergec.lsp import models as room
from mergec.lsp.check import check, no_models
from mergec.lsp.models import Models, NotOpened
from mergec.recipe import Model
from tests.support.tiny import write_tiny

TEXT = 'model base = "base"'


def model(path: str = "base") -> Model:
    return Model("base", path, path, None, Span(Source("r.merge", TEXT), 13, 19))


def test_a_model_is_opened_once_and_lent(tmp_path: Path, plugins: Plugins) -> None:
    write_tiny(tmp_path / "base", "llama")
    models = Models()
    assert models.at_hand("base", str(tmp_path)) is None
    opener = models.opener(may_ask=False)
    first = opener(model(), str(tmp_path), plugins, Report())
    assert first is not None
    assert opener(model(), f"{tmp_path}/base/..", plugins, Report()) is first
    assert models.at_hand("base", str(tmp_path)) is first
    assert models.at_hand("base@main", str(tmp_path)) is None


def test_changed_files_are_read_again(tmp_path: Path, plugins: Plugins) -> None:
    write_tiny(tmp_path / "base", "llama")
    opener = Models().opener(may_ask=False)
    first = opener(model(), str(tmp_path), plugins, Report())
    write_tiny(tmp_path / "base", "llama layers=2")
    second = opener(model(), str(tmp_path), plugins, Report())
    assert first is not None
    assert second is not None
    assert len(second.checkpoint.tensors) < len(first.checkpoint.tensors)


def test_a_missing_model_is_looked_for_again(tmp_path: Path, plugins: Plugins) -> None:
    opener, report = Models().opener(may_ask=False), Report()
    assert opener(model("./base"), str(tmp_path), plugins, report) is None
    assert [d.code.value for d in report.diagnostics] == ["missing-model"]
    write_tiny(tmp_path / "base", "llama")
    assert opener(model("./base"), str(tmp_path), plugins, Report()) is not None


def test_the_hub_is_asked_only_where_that_is_allowed(
    tmp_path: Path, plugins: Plugins, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def refuse(found: Model, *rest: object) -> None:
        asked.append(found.path)
        raise MachineFault("no network", "plug it in")

    monkeypatch.setattr(room, "open_folder", refuse)
    monkeypatch.setattr(room, "is_at_hand", lambda *_: False)
    models = Models()
    with pytest.raises(NotOpened):
        models.opener(may_ask=False)(model("org/name"), str(tmp_path), plugins, Report())
    assert asked == []
    report = Report()
    with pytest.raises(NotOpened):
        models.opener(may_ask=True)(model("org/name"), str(tmp_path), plugins, report)
    assert asked == ["org/name"]
    (found,) = report.diagnostics
    assert (found.message, found.help) == ("`org/name` is not checked: no network", "plug it in")
    assert found.severity.value == "warning"


def test_a_check_goes_as_far_as_its_models(tmp_path: Path, plugins: Plugins) -> None:
    text = TEXT + '\nmodel far = "org/name"\nmerge m = lerp(base, far) { t = 1 }\noutput m'
    found = check(Source(str(tmp_path / "r.merge"), text), str(tmp_path), plugins, no_models)
    assert (found.diagnostics, found.compiled) == ((), None)
    wrong = text.replace("{ t = 1 }", "{ u = 1 }")
    found = check(Source(str(tmp_path / "r.merge"), wrong), str(tmp_path), plugins, no_models)
    assert "unknown-parameter" in [d.code.value for d in found.diagnostics]
