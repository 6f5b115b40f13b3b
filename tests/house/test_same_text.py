"""What explain and check print depends on the recipe and the inputs alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.command import run_mergec


@pytest.mark.parametrize(
    "command",
    [
        "explain recipe.merge -v --model ./base=DEMO/base",
        "explain recipe.yaml --format json",
        "explain recipe.merge --graph",
        "check wrong.yaml",
    ],
)
def test_hash_seed_and_place_leave_no_trace(command: str, demo: Path, tmp_path: Path) -> None:
    wrong = "models: [{model: base}, {model: tuned, wieght: 1}]\nmerge_method: slurp\nparameters: {t: 0.5, u: 1}\n"
    demo.joinpath("wrong.yaml").write_text(wrong)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.symlink_to(demo, target_is_directory=True)
    first, second = (
        run_mergec(*command.replace("DEMO", str(place)).split(), cwd=place, env={"PYTHONHASHSEED": seed})
        for place, seed in ((demo, "1"), (elsewhere, "2"))
    )
    assert len(first.stdout) > 100
    assert first.stdout == second.stdout
    assert first.returncode == second.returncode
    assert str(demo) not in first.stdout
