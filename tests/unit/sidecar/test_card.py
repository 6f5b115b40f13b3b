from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import yaml

from mergec.sidecar.card import CardFacts, CardMeta, CardMethod, CardModel, read_card_facts, render_card
from tests.support.folders import MemoryFolder

MIT = CardMeta("mit", languages=("en", "no"))
FACTS = CardFacts(
    title="Hybrid",
    models=(CardModel("org/a", "org/a", "0123abcd", MIT), CardModel("org/b", "org/b", None, MIT)),
    methods=(CardMethod("slerp", "Along the sphere.", "Shoemake 1985"), CardMethod("lerp")),
    recipe_name="hybrid.yaml",
    recipe_text="merge_method: slerp\nbase_model: org/a\n",
    version="0.1.0",
    dtype="bfloat16",
    recipe_language="yaml",
)


def front(card: str) -> dict[str, Any]:
    assert card.startswith("---\n")
    result: dict[str, Any] = yaml.safe_load(card.split("---\n")[1])
    return result


def read(card: str | bytes) -> CardMeta:
    return read_card_facts(MemoryFolder({"README.md": card if isinstance(card, bytes) else card.encode()}))


def test_front_matter_of_a_merge() -> None:
    assert front(render_card(FACTS)) == {
        "base_model": ["org/a", "org/b"],
        "base_model_relation": "merge",
        "library_name": "transformers",
        "tags": ["merge", "mergec"],
        "license": "mit",
        "language": ["en", "no"],
    }


def test_the_hubs_own_reader_accepts_it() -> None:
    hub = pytest.importorskip("huggingface_hub")
    data = hub.ModelCard(render_card(FACTS)).data.to_dict()
    assert data["base_model"] == ["org/a", "org/b"]
    assert data["license"] == "mit"


def test_the_body_tells_what_how_and_how_again() -> None:
    body = render_card(FACTS)
    assert "# Hybrid\n" in body
    assert "[org/a](https://huggingface.co/org/a) at `0123abcd`" in body
    assert "- `slerp`: Along the sphere. (Shoemake 1985)\n- `lerp`\n" in body
    assert "```yaml\nmerge_method: slerp\nbase_model: org/a\n```" in body
    assert "mergec build hybrid.yaml out/" in body
    assert "mergec 0.1.0" in body
    assert body.endswith(".\n")


@pytest.mark.parametrize(
    "other",
    [
        CardMeta(),
        CardMeta("apache-2.0", languages=("en", "no")),
        CardMeta("mit", license_name="x", languages=("de",)),
    ],
)
def test_a_licence_is_stated_only_if_all_inputs_agree(other: CardMeta) -> None:
    models = (FACTS.models[0], CardModel("org/b", "org/b", None, other))
    found = front(render_card(replace(FACTS, models=models)))
    assert "license" not in found
    assert ("language" in found) == (other.languages == ("en", "no"))


def test_a_licence_with_a_name_of_its_own() -> None:
    gemma = CardMeta("other", "gemma", "https://ai.google.dev/gemma/terms")
    models = tuple(replace(model, meta=gemma) for model in FACTS.models)
    found = front(render_card(replace(FACTS, models=models)))
    assert (found["license"], found["license_name"]) == ("other", "gemma")
    assert found["license_link"] == "https://ai.google.dev/gemma/terms"


def test_no_local_path_is_told() -> None:
    paths = ("/home/alice/models/a", "~/models/b", "C:\\models\\c", "/mnt/my disk/d")
    recipe = f"models:\n- model: {paths[0]}\n- model: '{paths[1]}'\n- model: {paths[2]}\n- {{model: \"{paths[3]}\"}}\n"
    recipe += "tokenizer_source: /srv/secret/tokenizer\nbase = /srv/secret/base+/srv/secret/adapter\n"
    facts = replace(
        FACTS,
        title="/home/alice/out",
        models=tuple(CardModel(path) for path in paths),
        recipe_name="/home/alice/r.yaml",
        recipe_text=recipe,
    )
    card = render_card(facts)
    for secret in ("alice", "/home", "/srv", "secret", "~", "C:", "/mnt", "my disk"):
        assert secret not in card
    assert "- model: a\n- model: 'b'\n- model: c\n- {model: \"d\"}\n" in card
    assert "tokenizer_source: tokenizer\nbase = base+adapter\n" in card
    assert "base_model" not in front(card)
    assert "# out\n" in card


def test_regexes_and_relative_paths_in_a_recipe_stay() -> None:
    recipe = (
        't[/self_attn/ and not /q_proj|k_proj/] = 0.5 / 2\nmodel a = "./a"\nmodel b = "org/b"\n# https://x.org/y/z\n'
    )
    assert recipe.rstrip("\n") in render_card(replace(FACTS, recipe_text=recipe))


def test_a_recipe_with_fences_does_not_end_its_block() -> None:
    card = render_card(replace(FACTS, recipe_text="# ```\n# ````\na: 1\n"))
    assert "`````yaml\n# ```\n# ````\na: 1\n`````" in card


def test_names_cannot_break_the_front_matter() -> None:
    models = (CardModel("x", "org/a\n---\nlicense: mit", None), CardModel("y", "on", None), CardModel("z", "org/z\n"))
    card = render_card(replace(FACTS, title="a\n---\nb", models=models))
    assert front(card)["base_model"] == ["on"]
    assert "# a --- b" in card


@pytest.mark.parametrize(
    ("card", "meta"),
    [
        ("---\nlicense: mit\nlanguage:\n- en\n- no\n---\n# x", CardMeta("mit", languages=("en", "no"))),
        ("---\nlicense: 'mit' # why\nlanguage: [en, \"de\"]\n---", CardMeta("mit", languages=("en", "de"))),
        ("\ufeff---\r\nlicense: mit\r\nlanguage: en\r\n---\r\n", CardMeta("mit", languages=("en",))),
        ("---\nlanguage:\n  - en\nmodel:\n  license: gpl\n---", CardMeta(languages=("en",))),
        ("---\nlicense:\n- mit\n- gpl\n---", CardMeta()),
        ("---\nlicense: >\n  mit\nlanguage: *a\n---", CardMeta()),
        ("---\nlicense: [\n---", CardMeta()),
        ("---\nlicense: mit\n", CardMeta()),
        ("# no front matter\nlicense: mit\n", CardMeta()),
        ("", CardMeta()),
        (b"---\nlicense: mit\n\xff: \x00\n---\n", CardMeta("mit")),
        ("---\n" + "a: b\n" * 300_000 + "---\n", CardMeta()),
    ],
)
def test_reading_cards(card: str | bytes, meta: CardMeta) -> None:
    assert read(card) == meta


def test_a_missing_card_says_nothing() -> None:
    assert read_card_facts(MemoryFolder()) == CardMeta()


def test_what_is_written_can_be_read() -> None:
    assert read(render_card(FACTS)) == MIT
