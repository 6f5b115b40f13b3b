"""Every input tensor is used, or left out for a reason one can point to."""

from __future__ import annotations

from mergec.core.anatomy import Place, Position
from mergec.core.units import counted, listed
from mergec.diagnostics import Code, Report
from mergec.plan.assignment import Assignment, Dropped, stored_operands
from mergec.plan.catalog import Catalog, OpenedModel
from mergec.plan.select import glob_pattern
from mergec.plan.views import is_extra_layer
from mergec.recipe import ModelUse, Recipe, model_uses


def account(
    recipe: Recipe, catalog: Catalog, assignments: tuple[Assignment, ...], report: Report
) -> tuple[Dropped, ...]:
    """All input tensors that no output tensor is made of, with the reason; one without a reason is an error."""
    _warn_of_idle_drops(recipe, catalog, report)
    failed = report.failed
    used = {(s.model, s.entry.name) for a in assignments for s in stored_operands(a)}
    dropped: list[Dropped] = []
    by_model: dict[int, list[ModelUse]] = {}
    for use in model_uses(recipe.root):
        by_model.setdefault(use.model, []).append(use)
    for index, uses in by_model.items():
        opened = catalog.models[index]
        lost = []
        for name, place in opened.anatomy.places:
            if (index, name) in used:
                continue
            reason = _reason(recipe, index, name, place, uses, opened)
            if reason is None:
                lost.append(name)
            else:
                dropped.append(reason)
        if lost and not failed:
            report.error(
                Code.UNUSED_TENSOR,
                f"{counted(len(lost), 'tensor')} of `{opened.name}` would be lost",
                opened.model.span,
                notes=(listed(lost),),
                help=f"in a stack, take layers of it: `{opened.name}[0..{_layers(opened)}]`; elsewhere, "
                'leave them out with `output … { drop = "GLOB" }`',
            )
    return tuple(dropped)


def _takes(use: ModelUse, layer: int) -> bool:
    return use.first is not None and use.first <= layer and (use.end is None or layer < use.end)


def _layers(opened: OpenedModel) -> int:
    return opened.anatomy.main.layers if opened.anatomy.main is not None else 1


def _warn_of_idle_drops(recipe: Recipe, catalog: Catalog, report: Report) -> None:
    for rule in recipe.output.drop:
        matches = glob_pattern(rule.pattern).fullmatch
        if not any(matches(name) for opened in catalog.models for name, _ in opened.anatomy.places):
            report.warn(
                Code.RULE_MATCHES_NOTHING,
                f"no tensor matches `{rule.pattern}`, so nothing is dropped",
                rule.span,
                help="a glob is matched against the whole name, as in `*.mlp.*`",
            )


def _reason(
    recipe: Recipe, index: int, name: str, place: Place, uses: list[ModelUse], opened: OpenedModel
) -> Dropped | None:
    for rule in recipe.output.drop:
        if glob_pattern(rule.pattern).fullmatch(name):
            return Dropped(index, name, "dropped by the recipe", rule.span)
    if "buffer" in place.roles:
        return Dropped(index, name, "a buffer that models recompute; another input's is kept")
    ranged = [u for u in uses if u.first is not None]
    if not ranged:
        return None
    main = opened.anatomy.main
    if place.layer is not None and main is not None and place.stack == main.prefix:
        inside = any(_takes(u, place.layer) for u in ranged)
        reason = f"layer {place.layer} is in no slice of `{opened.name}`"
        return None if inside else Dropped(index, name, reason, ranged[0].span, is_unused_layer=True)
    if main is not None and is_extra_layer(name, main.prefix):
        return Dropped(index, name, "a layer beyond those the model counts, which slices leave out", ranged[0].span)
    side = "last" if place.position is Position.AFTER else "first"
    return Dropped(index, name, f"outside the layers, taken from the {side} slice", ranged[0].span)
