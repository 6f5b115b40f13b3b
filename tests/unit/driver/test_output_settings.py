"""What the settings of an output change in the directory that is written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from mergec.driver import Request
from tests.support.compiling import build_text, compile_text
from tests.support.finding import findings
from tests.support.tiny import write_tiny

MODELS = 'model a = "a"\nmodel b = "b"\nmodel c = "c"\nmerge m = lerp(a, b) { t = 0.5 }\n'
TEMPLATE = "{% for m in messages %}{{ m.content }}\n{% endfor %}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in "abc":
        write_tiny(tmp_path / name, "llama layers=1")
        tmp_path.joinpath(name, "tokenizer.json").write_text(name)
        tmp_path.joinpath(name, "generation_config.json").write_text(name)
    tmp_path.joinpath("c", "tokenizer_config.json").write_text(json.dumps({"chat_template": "{{ c }}"}))
    tmp_path.joinpath("a", "README.md").write_text("---\nlicense: mit\nlanguage: [en]\n---\n")
    return tmp_path


def built(folder: Path, settings: str, request: Request | None = None) -> Path:
    return build_text(folder, f"{MODELS}output m {{ {settings} }}", "merge", request)


def front(out: Path) -> dict[str, object]:
    matter: dict[str, object] = yaml.safe_load(out.joinpath("README.md").read_text().split("---\n")[1])
    return matter


def test_the_tokenizer_comes_from_the_model_named(folder: Path) -> None:
    out = built(folder, "tokenizer = c")
    assert out.joinpath("tokenizer.json").read_text() == "c"
    assert out.joinpath("generation_config.json").read_text() == "a"
    assert json.loads(out.joinpath("tokenizer_config.json").read_text()) == {"chat_template": "{{ c }}"}
    card = out.joinpath("README.md").read_text()
    assert "A merge of 2 models" in card
    assert "`c` (local), for files beside the weights" in card


def test_the_chat_template_is_copied_or_written(folder: Path) -> None:
    out = built(folder, "chat_template = c")
    assert out.joinpath("chat_template.jinja").read_text() == "{{ c }}"
    assert out.joinpath("tokenizer.json").read_text() == "a"
    out = built(folder, f"chat_template = {json.dumps(TEMPLATE)}")
    assert out.joinpath("chat_template.jinja").read_text() == TEMPLATE
    assert not out.joinpath("tokenizer_config.json").exists()


def test_models_that_only_give_files_are_numbered_along(folder: Path) -> None:
    text = 'model z = "z"\n' + MODELS + "output m { tokenizer = c  chat_template = c }"
    recipe = compile_text(folder, text, "merge").plan.recipe
    assert [m.name for m in recipe.models] == ["a", "b", "c"]
    assert [use.model for use in recipe.output.uses] == [2, 2]


def test_the_size_of_shards(folder: Path) -> None:
    out = built(folder, 'shard_size = "1kB"')
    count = len(list(out.glob("model-*.safetensors")))
    assert count > 2
    assert "--shard-size" not in out.joinpath("README.md").read_text()
    out = built(folder, 'shard_size = "1kB"', Request(workers=1, shard_bytes=10_000))
    assert len(list(out.glob("model*.safetensors"))) == 1
    assert "--shard-size 10000" in out.joinpath("README.md").read_text()


def test_what_the_card_says(folder: Path) -> None:
    assert "license" not in front(built(folder, ""))
    words = 'title = "My merge" license = "apache-2.0" language = "en" language = "no" tag = "chat" tag = "merge"'
    out = built(folder, words)
    matter = front(out)
    assert matter["license"] == "apache-2.0"
    assert matter["language"] == ["en", "no"]
    assert matter["tags"] == ["merge", "mergec", "chat"]
    assert "# My merge" in out.joinpath("README.md").read_text()


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ("tokenizer = d", "error unknown-name d"),
        ('tokenizer = "c"', 'error unknown-name "c"'),
        ("chat_template = a", "error missing-file a"),
        ('chat_template = "chatml"', 'error bad-value "chatml"'),
        ('shard_size = "5 potatoes"', 'error bad-value "5 potatoes"'),
        ("shard_size = 5", "error bad-value 5"),
        ('license = "Apache License 2.0"', 'error bad-value "Apache License 2.0"'),
        ('language = "English"', 'error bad-value "English"'),
        ('title = "two\\nlines"', 'error bad-value "two\\nlines"'),
        ('tag = ""', 'error bad-value ""'),
        ('title = "a" title = "b"', "error duplicate-key title"),
        ("compute = float64", "error unknown-key compute"),
    ],
)
def test_settings_that_make_no_sense(folder: Path, settings: str, found: str) -> None:
    assert [f for f in findings(folder, f"{MODELS}output m {{ {settings} }}", "merge") if "error" in f] == [found]


def test_a_tokenizer_for_other_tokens_is_a_warning(folder: Path) -> None:
    config = json.loads(folder.joinpath("c", "config.json").read_text())
    folder.joinpath("c", "config.json").write_text(json.dumps({**config, "vocab_size": 32, "eos_token_id": [1, 2]}))
    text = f"{MODELS}output m {{ tokenizer = c }}"
    assert findings(folder, text, "merge") == ["warning tokenizer-mismatch c"]
    assert findings(folder, f"{MODELS}output m {{ tokenizer = c  donor = c }}", "merge") == []
    folder.joinpath("c", "tokenizer.json").unlink()
    folder.joinpath("c", "tokenizer_config.json").unlink()
    assert findings(folder, text, "merge") == ["error missing-file c"]
