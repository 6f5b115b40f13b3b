"""The files beside the weights: index, config, tokenizer and other side files, card, recipe, lock."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass

from mergec.checkpoint import DEFAULT_SHARD_BYTES, weight_index
from mergec.execute.files import write_fault
from mergec.plan import Plan
from mergec.recipe import Model, ModelUse, merges, model_uses
from mergec.sidecar import read_chat_template, repair_config, side_contents
from mergec.sidecar.card import CardFacts, CardMethod, CardModel, read_card_facts, render_card
from mergec.syntax import is_merge_language

LOCK_FILE = "mergec.lock.json"
INDEX_FILE = "model.safetensors.index.json"


@dataclass(frozen=True, slots=True)
class Provenance:
    """What the lock says of the software: mergec's version, and of each method its distribution and version."""

    version: str
    providers: tuple[tuple[str, str, str], ...]


def write_documents(plan: Plan, directory: str, title: str, provenance: Provenance, sync: bool) -> None:
    """Write everything but the weights into a directory; the index and config.json last.

    Raises MachineFault if a file cannot be read or written.
    """
    donor = plan.catalog.models[plan.recipe.output.donor]
    for name, content in _side_contents(plan):
        _write(directory, name, content, sync)
    recipe_name = recipe_file_name(plan)
    _write(directory, recipe_name, plan.recipe.text.encode(), sync)
    _write(directory, "README.md", render_card(_card(plan, title, recipe_name, provenance)).encode(), sync)
    _write(directory, LOCK_FILE, _json(lock(plan, provenance)), sync)
    if len(plan.shards) > 1:
        _write(directory, INDEX_FILE, _json(weight_index(plan.shards)), sync)
    _write(directory, "config.json", repair_config(donor.config, plan.changes).encode(), sync)


def _side_contents(plan: Plan) -> Iterator[tuple[str, bytes]]:
    output, models = plan.recipe.output, plan.catalog.models
    tokenizer = None if output.tokenizer is None else models[output.tokenizer.model].checkpoint.folder
    template = output.chat_template
    if isinstance(template, ModelUse):
        template = read_chat_template(models[template.model].checkpoint.folder)
    return side_contents(models[output.donor].checkpoint.folder, tokenizer, template)


def recipe_file_name(plan: Plan) -> str:
    """mergekit's name for a YAML recipe, `recipe.merge` for the merge language."""
    return "recipe.merge" if is_merge_language(plan.recipe.source) else "mergekit_config.yml"


def lock(plan: Plan, provenance: Provenance) -> dict[str, object]:
    """What is needed to tell whether a build can be repeated to the same bytes."""
    return {
        "version": 1,
        "mergec": provenance.version,
        "plan": plan.digest,
        "settings": dict(plan.recipe.settings),
        **({} if plan.seed is None else {"seed": plan.seed}),
        "shard_bytes": plan.shard_bytes,
        "recipe_sha256": _sha256(plan.recipe.text),
        "includes": [{"name": _shown(f.source.name), "sha256": _sha256(f.source.text)} for f in plan.recipe.files],
        "methods": [
            {"name": name, "distribution": distribution, "version": version}
            for name, distribution, version in provenance.providers
        ],
        "models": [
            {
                "name": opened.name,
                "reference": _reference(opened.model),
                "revision": opened.checkpoint.folder.revision,
                "files": [
                    {"name": f.name, "size": f.size_bytes, "header_sha256": f.header_digest}
                    for f in opened.checkpoint.files
                ],
            }
            for opened in plan.catalog.models
        ],
        "output": [
            {"name": s.file, "size": s.nbytes, "header_sha256": hashlib.sha256(s.header).hexdigest()}
            for s in plan.shards
        ],
    }


def _reference(model: Model) -> str:
    """The reference as written."""
    return _shown(model.reference)


def _shown(path: str) -> str:
    """A path as given; of an absolute one, which is nobody else's business, the last part."""
    return os.path.basename(path.rstrip("/")) if os.path.isabs(path) else path


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _card(plan: Plan, title: str, recipe_name: str, provenance: Provenance) -> CardFacts:
    words = plan.recipe.output.card
    merged = {use.model for use in model_uses(plan.recipe.root)}
    models = tuple(
        CardModel(
            name=_reference(opened.model),
            hub_id=opened.model.path if opened.checkpoint.folder.revision else None,
            revision=opened.checkpoint.folder.revision,
            meta=read_card_facts(opened.checkpoint.folder),
            is_merged=number in merged,
        )
        for number, opened in enumerate(plan.catalog.models)
    )
    methods = dict.fromkeys(m for merge in merges(plan.recipe.root) for m in merge.methods)
    return CardFacts(
        title=words.title or title,
        models=models,
        methods=tuple(CardMethod(m.name, m.summary, m.source) for m in methods),
        recipe_name=recipe_name,
        recipe_text=plan.recipe.text,
        version=provenance.version,
        dtype=plan.changes.dtype,
        options=_options(plan),
        license=words.license,
        languages=words.languages,
        tags=words.tags,
        recipe_language="yaml" if recipe_name.endswith(".yml") else "",
    )


def _options(plan: Plan) -> tuple[str, ...]:
    """The options of the command that decide what is written."""
    sets = tuple(f"--set {name}={value!r}" for name, value in plan.recipe.settings)
    seed = (f"--seed {plan.seed}",) if plan.seed else ()
    usual = plan.recipe.output.shard_bytes or DEFAULT_SHARD_BYTES
    size = () if plan.shard_bytes == usual else (f"--shard-size {plan.shard_bytes}",)
    return (*sets, *seed, *size)


def _json(value: dict[str, object]) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()


def _write(directory: str, name: str, data: bytes, sync: bool) -> None:
    path = os.path.join(directory, name)
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "xb") as file:
            file.write(data)
            file.flush()
            if sync:
                os.fsync(file.fileno())
    except OSError as error:
        raise write_fault(path, error) from error
