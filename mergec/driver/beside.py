"""Whether the files beside the weights can be had, and fit the model."""

from __future__ import annotations

from mergec.core.units import listed
from mergec.diagnostics import Code, Report
from mergec.plan import Catalog, OpenedModel
from mergec.recipe import ModelUse, Recipe
from mergec.sidecar import has_tokenizer, read_chat_template

_KEYS = ("bos_token_id", "eos_token_id")


def check_beside(recipe: Recipe, catalog: Catalog, report: Report) -> None:
    """Report where a model named for its tokenizer or chat template has none, or one for another vocabulary."""
    tokenizer, template = recipe.output.tokenizer, recipe.output.chat_template
    if tokenizer is not None:
        opened = catalog.models[tokenizer.model]
        if not has_tokenizer(opened.checkpoint.folder):
            report.error(Code.MISSING_FILE, f"`{opened.name}` has no files of a tokenizer", tokenizer.span)
        else:
            _compare(catalog.models[recipe.output.donor], opened, tokenizer, report)
    if isinstance(template, ModelUse):
        opened = catalog.models[template.model]
        if read_chat_template(opened.checkpoint.folder) is None:
            report.error(Code.MISSING_FILE, f"`{opened.name}` has no chat template", template.span)


def _compare(donor: OpenedModel, opened: OpenedModel, use: ModelUse, report: Report) -> None:
    """Warn where the tokenizer's own model numbers its tokens otherwise than the donor's config.json."""
    ours, theirs = donor.config.data, opened.config.data
    different = [key for key in _KEYS if ours.get(key) != theirs.get(key)]
    sizes = ours.get("vocab_size"), theirs.get("vocab_size")
    if isinstance(sizes[0], int) and isinstance(sizes[1], int) and sizes[0] < sizes[1]:
        different.insert(0, "vocab_size")
    if different:
        report.warn(
            Code.TOKENIZER_MISMATCH,
            f"the tokenizer of `{opened.name}` is made for another {listed(different)}",
            use.span,
            f"config.json comes from `{donor.name}`",
            notes=tuple(f"{k}: {ours.get(k)} in `{donor.name}`, {theirs.get(k)} in `{opened.name}`" for k in different),
            help=f"take both from one model: `donor = {opened.name}`",
        )
