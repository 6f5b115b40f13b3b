"""A resolved recipe as mergekit YAML; what YAML cannot say is reported, each thing at its place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from mergec.contract.method import Base
from mergec.core.params import Scope
from mergec.diagnostics import Code, Report, Span
from mergec.driver.shifted_filters import Range
from mergec.driver.yaml_values import filters_of, value_of
from mergec.recipe import Merge, ModelUse, Node, Recipe, Rule, Stack
from mergec.syntax import tree
from mergec.syntax.mergekit_form import Conditional, InputForm, MergeForm, ModelRef, Setting, SliceForm

# fmt: off
MERGEKIT_METHODS = frozenset((
    "arcee_fusion", "breadcrumbs", "breadcrumbs_ties", "dare_linear", "dare_ties", "della", "della_linear", "karcher",
    "linear", "model_stock", "multislerp", "nearswap", "nuslerp", "passthrough", "ram", "ramplus_tl", "sce", "slerp",
    "task_arithmetic", "ties",
))
# fmt: on
"""Those of mergekit 0.1.5."""


def yaml_form(recipe: Recipe, report: Report) -> MergeForm | None:
    """What the YAML says, None after errors."""
    writer = _Writer(recipe, report)
    parts = recipe.root.parts if isinstance(recipe.root, Stack) else (recipe.root,)
    method = writer.method(parts)
    place = 0
    slices: list[SliceForm] = []
    for part in parts:
        form = writer.slice(part, method, place)
        if form is not None:
            slices.append(form)
            place += _layers(form.inputs[0]) or 0
    return None if report.failed else writer.form(method, tuple(slices))


@dataclass(frozen=True, slots=True)
class _Writer:
    recipe: Recipe
    report: Report

    def refuse(self, message: str, span: Span, help: str | None = None) -> None:
        self.report.error(Code.NOT_IN_YAML, message, span, help=help)

    def reference(self, use: ModelUse) -> ModelRef:
        model = self.recipe.models[use.model]
        return ModelRef(model.path, model.revision, use.span)

    def method(self, parts: Sequence[Node]) -> tree.Name:
        """The one method of all slices."""
        merges = [part for part in parts if isinstance(part, Merge)]
        for merge in merges[:1]:
            if merge.method.name not in MERGEKIT_METHODS:
                is_sum = merge.method.name == "sum"
                what = "sums of models" if is_sum else f"the method `{merge.method.name}`"
                help = (
                    "`task_arithmetic(a, base = base) { weight = 0.7 }` is base + 0.7 * (a - base)" if is_sum else None
                )
                self.refuse(f"mergekit has no word for {what}", merge.method_span, help)
        for merge in merges[1:]:
            if merge.method is not merges[0].method:
                message = f"mergekit YAML has one method for all slices, and the first one is `{merges[0].method.name}`"
                self.refuse(message, merge.method_span)
        name = merges[0].method.name if merges else "passthrough"
        return tree.Name(name, merges[0].method_span if merges else self.recipe.root.span)

    # --- slices ---

    def slice(self, part: Node, method: tree.Name, place: int) -> SliceForm | None:
        """A part of the stack whose first layer is the layer `place` of the output."""
        if isinstance(part, ModelUse):
            return self.lone(part, method)
        if not isinstance(part, Merge):
            self.refuse("mergekit YAML takes layers of models only, not of merges", part.span)
            return None
        for rule in part.method_rules:
            self.refuse("mergekit YAML has one method for all tensors", rule.span)
        inputs = [self.input(node, span) for node, span in zip(part.inputs, part.places, strict=False)]
        base = self.base(part)
        if (
            part.base is not None
            and base is not None
            and isinstance(part.base, ModelUse)
            and part.base.first is not None
        ):
            inputs.append(self.input(part.base, part.base.span))
        known = tuple(i for i in inputs if i is not None)
        shared, own = self.settings(part, [_range(i, place) for i in inputs])
        if len(known) < len(inputs) or not known:
            return None
        self.check_ranges(part, known)
        entries = tuple(replace(entry, settings=tuple(own.get(i, ()))) for i, entry in enumerate(known))
        return SliceForm(entries, base, tuple(shared), part.span)

    def check_ranges(self, merge: Merge, inputs: Sequence[InputForm]) -> None:
        wholes = [entry.layers is None for entry in inputs]
        if any(wholes) and (isinstance(self.recipe.root, Stack) or not all(wholes)):
            what = "in mergekit YAML all inputs of a slice are ranges of layers"
            self.refuse(what, merge.span, "write `model[0..8]` for each of them")

    def lone(self, use: ModelUse, method: tree.Name) -> SliceForm | None:
        entry = self.input(use, use.span)
        if entry is not None and isinstance(self.recipe.root, Stack) and entry.layers is None:
            self.refuse("mergekit YAML wants a range of layers here", use.span, "write `model[0..8]`")
        if method.text not in ("passthrough", "slerp"):
            help = "write this slice as a merge of the model with itself"
            self.refuse(f"`{method.text}`, the method of the other slices, takes no single model", use.span, help)
        return None if entry is None else SliceForm((entry,), None, (), use.span)

    def input(self, node: Node, span: Span) -> InputForm | None:
        if not isinstance(node, ModelUse):
            self.refuse(
                "mergekit YAML merges models only: this is a merge", span, "build it first, and name its directory"
            )
            return None
        if node.first is None:
            return InputForm(self.reference(node), None, (), span)
        if node.end is None:
            self.refuse("mergekit YAML wants the end of a range of layers", node.span, "write it: `model[4..8]`")
            return None
        layers = tree.Number(node.first, node.span), tree.Number(node.end, node.span)
        return InputForm(self.reference(node), layers, (), span)

    def base(self, merge: Merge) -> ModelRef | None:
        node = merge.inputs[0] if merge.method.base is Base.FIRST else merge.base
        if node is not None and not isinstance(node, ModelUse):
            self.refuse("in mergekit YAML the base is a model, and this is a merge", node.span)
        return self.reference(node) if isinstance(node, ModelUse) else None

    # --- parameters ---

    def settings(self, merge: Merge, inputs: Sequence[Range]) -> tuple[list[Setting], dict[int, list[Setting]]]:
        """Those of the slice, and those of its inputs: all rules of a parameter that is set for one of them."""
        shared: list[Setting] = []
        own: dict[int, list[Setting]] = {}
        for name in dict.fromkeys(rule.parameter for rule in merge.rules):
            rules = [rule for rule in merge.rules if rule.parameter == name]
            param = merge.method.param(name)
            is_shared = param is None or param.scope is Scope.SHARED
            if is_shared or not any(_is_of_inputs(rule, inputs) for rule in rules):
                shared.append(self.setting(name, rules, inputs[0].of_output))
                continue
            for i, layers in enumerate(inputs[: len(merge.inputs)]):
                found = [rule for rule in rules if rule.input in (None, i)]
                if found:
                    own.setdefault(i, []).append(self.setting(name, found, layers))
        return shared, own

    def setting(self, name: str, rules: Sequence[Rule], layers: Range) -> Setting:
        """Rules of which the last match wins, as conditionals of which the first does."""
        found: list[Conditional] = []
        for rule in reversed(rules):
            found += self.conditionals(rule, layers)
            if found and found[-1].filter is None:
                break
        return Setting(tree.Name(name, rules[0].span), tuple(found))

    def conditionals(self, rule: Rule, layers: Range) -> Iterator[Conditional]:
        filters = filters_of(rule.selector, layers, self.report)
        for filter in (None,) if None in filters else filters:
            value = value_of(rule, filter, len(layers), self.report)
            if value is not None:
                yield Conditional(None if filter is None else tree.Text(filter, rule.span), value, rule.span)

    # --- all of it ---

    def form(self, method: tree.Name, slices: tuple[SliceForm, ...]) -> MergeForm | None:
        is_whole = all(entry.layers is None for part in slices for entry in part.inputs)
        model = self.recipe.models[self.recipe.output.donor]
        donor = ModelRef(model.path, model.revision, model.span)
        if is_whole:
            donor_or_none = self.donor_of_whole(donor, slices[0])
        else:
            donor_or_none = donor if self.needs_donor(donor, slices) else None
            self.check_bases(donor_or_none)
        settings, slices = _hoisted(slices)
        dtype = self.recipe.output.dtype
        span = self.recipe.root.span
        named = None if dtype is None else (tree.Name("dtype", span), tree.NameUse(str(dtype.torch_name), span))
        key = tree.Name("models" if is_whole else "slices", span)
        found = None if donor_or_none is None else (tree.Name("base_model", span), donor_or_none)
        return None if self.report.failed else MergeForm(method, key, slices, found, settings, named, span)

    def check_bases(self, donor: ModelRef | None) -> None:
        """The base of the recipe is that of every slice that names none."""
        parts = self.recipe.root.parts if isinstance(self.recipe.root, Stack) else (self.recipe.root,)
        for part in parts:
            if donor and isinstance(part, Merge) and part.method.base is Base.OPTIONAL and part.base is None:
                message = f"in mergekit YAML `{donor.text}`, which gives config.json, would be the base of this merge"
                self.refuse(message, part.method_span)

    def needs_donor(self, donor: ModelRef, slices: tuple[SliceForm, ...]) -> bool:
        return any(part.base is not None for part in slices) or slices[0].inputs[0].model.key != donor.key

    def donor_of_whole(self, donor: ModelRef, part: SliceForm) -> ModelRef | None:
        """`base_model` where whole models are merged: the base, the donor, and one more input if it is not listed."""
        listed = {entry.model.key for entry in part.inputs}
        if part.base is not None and part.base.key == donor.key:
            return donor
        if part.base is None and part.inputs[0].model.key == donor.key:
            return None
        root = self.recipe.root
        has_no_base = isinstance(root, Merge) and root.method.base is Base.NONE
        if part.base is None and has_no_base and donor.key in listed:
            return donor
        message = "in mergekit YAML config.json and tokenizer come from the base, or else from the first model"
        self.refuse(f"{message}, and here from `{donor.text}`", root.span)
        return None


def _layers(entry: InputForm) -> int | None:
    return None if entry.layers is None else int(entry.layers[1].value) - int(entry.layers[0].value)


def _range(entry: InputForm | None, place: int) -> Range:
    if entry is None or entry.layers is None:
        return Range(0, None, 0)
    return Range(int(entry.layers[0].value), int(entry.layers[1].value), place)


def _is_of_inputs(rule: Rule, inputs: Sequence[Range]) -> bool:
    """Whether a rule is of one input, or is said otherwise of each, whose layers have numbers of their own."""
    has_number = rule.selector is not None and any(c.isdigit() for c in rule.selector.span.text)
    return rule.input is not None or (has_number and any(layers.shift for layers in inputs))


def _hoisted(slices: tuple[SliceForm, ...]) -> tuple[tuple[Setting, ...], tuple[SliceForm, ...]]:
    """The parameters of a single slice as those of the recipe."""
    if len(slices) > 1:
        return (), slices
    return slices[0].settings, tuple(replace(part, settings=()) for part in slices)


def refuse_settings(statements: Iterable[tree.Statement], report: Report) -> None:
    """Report the settings of the output that YAML has no keys for."""
    settings = [pair for s in statements if isinstance(s, tree.OutputStatement) for pair in s.settings]
    for name, value in settings:
        if name.text not in ("dtype", "donor"):
            message = f"the YAML that mergec reads has no key for the setting `{name.text}`"
            report.error(Code.NOT_IN_YAML, message, name.span.to(value.span), help="leave it out")


def remarks_on(statements: Iterable[tree.Statement], settings: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Remarks on what became of names and numbers that YAML has no words for."""
    chosen = dict(settings)
    for statement in statements:
        if isinstance(statement, tree.ParamStatement):
            value = chosen.get(statement.name.text, statement.default.span.text)
            yield f"param {statement.name.text} = {value}"
        elif isinstance(statement, tree.RequiresStatement):
            yield f"requires {statement.requirement.value}"
