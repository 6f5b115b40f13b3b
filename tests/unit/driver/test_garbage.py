"""Garbage is looked for while a build works, and not while it starts."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import mergec.driver.run
from mergec.diagnostics import Report, Source
from mergec.driver import Request, build, compile_recipe
from mergec.driver.garbage import collected, uncollected
from mergec.driver.run import computes
from tests.support.tiny import write_tiny


@pytest.fixture(params=[True, False])
def enabled(request: pytest.FixtureRequest) -> Iterator[bool]:
    """Whether garbage is looked for before."""
    before = gc.isenabled()
    (gc.enable if request.param else gc.disable)()
    yield request.param
    (gc.enable if before else gc.disable)()


def test_both_leave_things_as_they_were(enabled: bool) -> None:
    with uncollected():
        assert not gc.isenabled()
        with collected():
            assert gc.isenabled()
            assert gc.get_freeze_count() > 0
        assert not gc.isenabled()
        assert gc.get_freeze_count() == 0
    assert gc.isenabled() is enabled
    with pytest.raises(ZeroDivisionError), collected():
        raise ZeroDivisionError
    assert gc.isenabled() is enabled


@pytest.mark.parametrize(
    ("merge", "loads"), [("lerp(a, b) { t = 0.5 }", True), ("lerp(a, b) { t = 0 }", False), ("passthrough(a)", False)]
)
def test_a_build_loads_torch_if_it_computes(
    merge: str, loads: bool, enabled: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str, bool]] = []
    run = mergec.driver.run.run

    def running(*arguments: Any) -> None:
        seen.append(("run", gc.isenabled()))
        run(*arguments)

    monkeypatch.setattr(mergec.driver.run, "load_torch", lambda: seen.append(("load", gc.isenabled())))
    monkeypatch.setattr(mergec.driver.run, "run", running)
    for name in "ab":
        write_tiny(tmp_path / name, "llama")
    text = f'model a = "a"\nmodel b = "b"\nmerge m = {merge}\n'
    compiled = compile_recipe(Source("r.merge", text), Request(str(tmp_path)), Report())
    assert computes(compiled.plan.graph) is loads
    build(compiled, str(tmp_path / "out"), force=False, sync=False, progress=lambda _: None)
    assert seen == ([("load", False)] if loads else []) + [("run", True)]
    assert gc.isenabled() is enabled
