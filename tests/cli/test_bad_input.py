"""Whatever is wrong with a recipe or its inputs: a diagnostic with place and remedy, exit 1, no trace on the disk."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.command import run_mergec
from tests.support.tiny import write_tiny

TWO = "merge_method: slerp\nbase_model: base\nparameters: {t: 0.5}\nmodels:\n  - model: base\n  - model: "
SLICES = "merge_method: slerp\nbase_model: base\nparameters: {t: 0.5}\nslices:\n  - sources:\n"


@dataclass(frozen=True)
class Bad:
    """A recipe, the place of its problem, and words that the diagnostic must have."""

    text: str | bytes
    place: str
    words: tuple[str, ...]


CASES = {
    "missing model": Bad(TWO + "./tunde\n", ":6:12", ("[missing-model]", "./tunde", "give the path of a directory")),
    "missing file": Bad(TWO + "empty\n", ":6:12", ("[missing-file]", "model.safetensors", "a model folder holds")),
    "missing shard": Bad(TWO + "half\n", ":6:12", ("[missing-file]", "00002-of-00003", "complete the folder")),
    "missing tensor": Bad(TWO + "bald\n", ":6:12", ("[missing-tensor]", "model.norm.weight", "use a checkpoint that")),
    "wrong dtype name": Bad(TWO + "tuned\ndtype: bf16\n", ":7:8", ("[bad-dtype]", "did you mean `bfloat16`?")),
    "three models to slerp": Bad(TWO + "tuned\n  - model: third\n", ":1:15", ("[wrong-inputs]", "linear")),
    "no base": Bad((TWO + "tuned\n").replace("base_model: base\n", ""), ":1:15", ("[missing-base]", "`base_model: …`")),
    "unknown method": Bad((TWO + "tuned\n").replace("slerp", "slrep"), ":1:15", ("[unknown-method]", "`slerp`?")),
    "unknown parameter": Bad((TWO + "tuned\n").replace("{t:", "{tt:"), ":3:14", ("[unknown-parameter]", "`t`")),
    "range past the end": Bad(
        SLICES + "      - {model: base, layer_range: [0, 3]}\n      - {model: tuned, layer_range: [0, 3]}\n",
        ":6:9",
        ("[bad-layer-range]", "has 2 layers", "at most 2"),
    ),
    "unequal slices": Bad(
        SLICES + "      - {model: base, layer_range: [0, 2]}\n      - {model: tuned, layer_range: [0, 1]}\n",
        ":7:9",
        ("[unequal-slices]", "`base` 2, `tuned` 1", "as many layers"),
    ),
    "models and slices": Bad(TWO + "tuned\nslices: []\n", ":7:1", ("[conflicting-keys]", "keep `slices`")),
    "different architectures": Bad(TWO + "gpt\n", ":6:12", ("[different-architectures]", "of one architecture")),
    "different shapes": Bad(TWO + "wide\n", ":6:12", ("[shape-mismatch]", "[8] in `base`, [16] in `wide`")),
    "duplicate keys": Bad(TWO + "tuned\nmerge_method: lerp\n", ":7:1", ("[duplicate-key]", "keep one")),
    "empty file": Bad("", ":1:1", ("[empty-recipe]", "mergec demo DIR")),
    "binary file": Bad(b"\x00\x01\x02PK", "", ("[unreadable-recipe]", "binary", "a recipe is text")),
    "not UTF-8": Bad("models: é".encode("latin-1"), "", ("[unreadable-recipe]", "byte 8", "save it as UTF-8")),
}


@pytest.mark.parametrize("name", CASES)
def test_a_bad_input_is_told_with_place_and_remedy(name: str, models: Path) -> None:
    bad = CASES[name]
    for folder, description in (
        ("half", "llama layers=2 shards=3"),
        ("empty", "llama layers=2"),
        ("bald", "llama layers=2 -model.norm.weight"),
        ("wide", "llama layers=2 width=16"),
        ("gpt", "gpt2 layers=2"),
    ):
        write_tiny(models / folder, description)
    models.joinpath("half", "model-00002-of-00003.safetensors").unlink()
    models.joinpath("empty", "model.safetensors").unlink()
    models.joinpath("r.yaml").write_bytes(bad.text if isinstance(bad.text, bytes) else bad.text.encode())
    before = sorted(os.listdir(models))
    done = run_mergec("build", "r.yaml", "out", cwd=models)
    assert done.returncode == 1, done.stderr
    assert done.stdout == ""
    assert "error[" in done.stderr
    assert f"r.yaml{bad.place}" in done.stderr
    assert [w for w in bad.words if w not in done.stderr] == []
    assert " = help: " in done.stderr
    assert "Traceback" not in done.stderr
    assert sorted(os.listdir(models)) == before


def test_a_recipe_that_is_a_directory_or_not_there(models: Path) -> None:
    done = run_mergec("build", "base", "out", cwd=models)
    assert (done.returncode, done.stdout) == (1, "")
    assert "`base` is a directory, not a recipe" in done.stderr
    models.joinpath("recipe.yaml").touch()
    done = run_mergec("explain", "recipe.yml", cwd=models)
    assert done.returncode == 1
    assert "there is no file `recipe.yml`" in done.stderr
    assert "did you mean `recipe.yaml`?" in done.stderr


def test_all_problems_of_a_stage_are_told_at_once(models: Path) -> None:
    text = "\n".join(
        (
            'model base = "base"',
            'model tuned = "tuned"',
            "merge one = slerp(base, tunde) { t = halff }",
            "merge two = slrep(base, tuned) { t = 0.5 }",
            "merge three = linear(base, tuned) { wieght = 1 }",
            "output one { dtype = bf16 }",
        )
    )
    models.joinpath("r.merge").write_text(text)
    done = run_mergec("check", "r.merge", cwd=models)
    assert done.returncode == 1
    places = [line.split("r.merge:")[1] for line in done.stdout.splitlines() if "-->" in line]
    assert places == ["3:25", "3:38", "4:13", "5:37", "6:22"]
    assert done.stdout.rstrip().endswith("5 errors")
