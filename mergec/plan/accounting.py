"""Every input tensor is used, or left out for a reason one can point to."""

from __future__ import annotations

from dataclasses import dataclass

from mergec.contract.method import Base
from mergec.core.anatomy import Place, Position
from mergec.core.units import counted, listed
from mergec.diagnostics import Code, Report, Span
from mergec.plan.assignment import Assignment, Dropped, stored_operands
from mergec.plan.catalog import Catalog, OpenedModel
from mergec.plan.select import glob_pattern
from mergec.plan.views import is_extra_layer
from mergec.recipe import Merge, ModelUse, Node, Recipe, Slice, parts_of


def account(
    recipe: Recipe, catalog: Catalog, assignments: tuple[Assignment, ...], report: Report
) -> tuple[Dropped, ...]:
    """All input tensors that no output tensor is made of, with the reason; one without a reason is an error."""
    _warn_of_idle_drops(recipe, catalog, report)
    failed = report.failed
    used = {(s.model, s.entry.name) for a in assignments for s in stored_operands(a)}
    dropped: list[Dropped] = []
    for index, uses in _uses(recipe).items():
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


@dataclass(frozen=True, slots=True)
class Use:
    """A use of a model.

    cut: the layers that are taken of the merge or stack it is in, if not all are. idle: the rule that chooses a method
    which has no use for it, where it is the base.
    """

    model: ModelUse
    cut: Span | None
    idle: Span | None

    @property
    def range(self) -> Span | None:
        """What leaves out layers of the model, if anything does."""
        return self.cut if self.cut is not None or self.model.first is None else self.model.span

    def takes(self, layer: int) -> bool:
        """Whether a layer of the model is surely taken."""
        first, end = self.model.first, self.model.end
        return self.cut is None and first is not None and first <= layer and (end is None or layer < end)


def _uses(recipe: Recipe) -> dict[int, list[Use]]:
    """The uses of every model, in the order written."""
    found: dict[int, list[Use]] = {}
    seen: set[tuple[int, Span | None, Span | None]] = set()
    waiting: list[tuple[Node, Span | None, Span | None]] = [(recipe.root, None, None)]
    while waiting:
        node, cut, idle = waiting.pop()
        if (id(node), cut, idle) in seen:
            continue
        seen.add((id(node), cut, idle))
        if isinstance(node, ModelUse):
            found.setdefault(node.model, []).append(Use(node, cut, idle))
        inner = node.span if isinstance(node, Slice) else cut
        waiting.extend((part, inner, _idle(node, part) or idle) for part in reversed(parts_of(node)))
    return found


def _idle(node: Node, part: Node) -> Span | None:
    """The rule of a merge by which its base, if the part is that, plays no role for some tensors."""
    if not isinstance(node, Merge) or part is not node.base:
        return None
    if node.method.base in (Base.NONE, Base.FIRST):
        return node.method_span
    return next((r.span for r in node.method_rules if r.method.base in (Base.NONE, Base.FIRST)), None)


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
    recipe: Recipe, index: int, name: str, place: Place, uses: list[Use], opened: OpenedModel
) -> Dropped | None:
    for rule in recipe.output.drop:
        if glob_pattern(rule.pattern).fullmatch(name):
            return Dropped(index, name, "dropped by the recipe", rule.span)
    if "buffer" in place.roles:
        return Dropped(index, name, "a buffer that models recompute; another input's is kept")
    for use in uses:
        if use.idle is not None:
            return Dropped(index, name, "the base, which these tensors' method has no use for", use.idle)
    ranges = [u.range for u in uses if u.range is not None]
    if not ranges:
        return None
    main = opened.anatomy.main
    if place.layer is not None and main is not None and place.stack == main.prefix:
        inside = any(u.takes(place.layer) for u in uses)
        reason = f"layer {place.layer} is in no slice of `{opened.name}`"
        return None if inside else Dropped(index, name, reason, ranges[0], is_unused_layer=True)
    if main is not None and is_extra_layer(name, main.prefix):
        return Dropped(index, name, "a layer beyond those the model counts, which slices leave out", ranges[0])
    side = "last" if place.position is Position.AFTER else "first"
    return Dropped(index, name, f"outside the layers, taken from the {side} slice", ranges[0])
