"""The files beside the weights, from the models that give them."""

from __future__ import annotations

import json

import pytest

from mergec.sidecar import has_tokenizer, read_chat_template, side_contents
from tests.support.folders import MemoryFolder

DONOR = MemoryFolder(
    {
        "LICENSE": b"donor",
        "additional_chat_templates/tool.jinja": b"donor",
        "chat_template.jinja": b"donor",
        "generation_config.json": b"donor",
        "preprocessor_config.json": b"donor",
        "tokenizer.json": b"donor",
        "tokenizer_config.json": b'{"a": 1}',
        "vocab.json": b"donor",
    }
)
OTHER = MemoryFolder(
    {
        "LICENSE": b"other",
        "generation_config.json": b"other",
        "tokenizer.json": b"other",
        "tokenizer_config.json": '{"chat_template": "{{ old }}", "é": [1]}'.encode(),
    }
)


def test_the_donor_gives_everything_as_it_is() -> None:
    assert dict(side_contents(DONOR, None, None)) == DONOR.files


def test_another_model_gives_the_tokenizer_and_its_templates() -> None:
    kept = ("LICENSE", "generation_config.json", "preprocessor_config.json")
    wanted = {name: DONOR.files[name] for name in kept}
    wanted |= {name: OTHER.files[name] for name in ("tokenizer.json", "tokenizer_config.json")}
    assert dict(side_contents(DONOR, OTHER, None)) == wanted


def test_a_chat_template_takes_the_place_of_every_other() -> None:
    written = dict(side_contents(DONOR, None, "{{ new }}\n"))
    assert written["chat_template.jinja"] == b"{{ new }}\n"
    assert "additional_chat_templates/tool.jinja" not in written
    assert written["tokenizer_config.json"] == DONOR.files["tokenizer_config.json"]
    assert {n: c for n, c in written.items() if n != "chat_template.jinja"} == {
        n: c for n, c in DONOR.files.items() if "chat_template" not in n
    }


def test_a_template_in_the_tokenizer_config_is_changed_too() -> None:
    written = dict(side_contents(OTHER, None, "{{ new }}"))
    assert json.loads(written["tokenizer_config.json"]) == {"chat_template": "{{ new }}", "é": [1]}
    assert "é".encode() in written["tokenizer_config.json"]


@pytest.mark.parametrize(
    ("files", "template"),
    [
        ({"chat_template.jinja": b"{{ a }}", "tokenizer_config.json": b'{"chat_template": "{{ b }}"}'}, "{{ a }}"),
        ({"tokenizer_config.json": b'{"chat_template": "{{ b }}"}'}, "{{ b }}"),
        (
            {
                "tokenizer_config.json": b'{"chat_template": [{"name": "rag", "template": "{{ r }}"}, '
                b'{"name": "default", "template": "{{ d }}"}]}'
            },
            "{{ d }}",
        ),
        ({"tokenizer_config.json": b"[", "chat_template.json": b'{"chat_template": "{{ c }}"}'}, "{{ c }}"),
        ({"tokenizer_config.json": b'{"chat_template": null}'}, None),
        ({"tokenizer_config.json": b"[" * 100_000}, None),
        ({"tokenizer.json": b"{}"}, None),
    ],
)
def test_a_template_is_found_where_models_keep_it(files: dict[str, bytes], template: str | None) -> None:
    assert read_chat_template(MemoryFolder(files)) == template


def test_a_template_alone_is_no_tokenizer() -> None:
    assert not has_tokenizer(MemoryFolder({"chat_template.jinja": b"", "LICENSE": b"", "generation_config.json": b""}))
    assert has_tokenizer(MemoryFolder({"spiece.model": b""}))
