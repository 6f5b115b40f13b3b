"""A demo written twice."""

from __future__ import annotations

from pathlib import Path

from mergec.testing.demo import write_demo


def test_a_recipe_that_was_edited_is_kept(tmp_path: Path) -> None:
    paths = write_demo(str(tmp_path / "d"), "tiny-llama")
    edited = Path(paths.recipe_yaml).read_text() + "# mine\n"
    Path(paths.recipe_yaml).write_text(edited)
    write_demo(str(tmp_path / "d"), "tiny-llama")
    assert Path(paths.recipe_yaml + ".old").read_text() == edited
    assert not Path(paths.recipe_merge + ".old").exists()
