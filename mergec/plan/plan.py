"""The plan: all that a build does, decided before a weight is read."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import islice

from mergec.checkpoint import Shard, lay_out
from mergec.core.tensor import TensorEntry
from mergec.diagnostics import Code, Report
from mergec.plan.assignment import Assignment, Dropped, Stored, stored_operands
from mergec.plan.budget import BLOCK_ELEMENTS, Cut, Kind, Traffic, cut, kinds_of, refuse_small_budget, traffic
from mergec.plan.catalog import Catalog
from mergec.plan.graph import Apply, Graph
from mergec.plan.graph_text import graph_lines
from mergec.plan.heads import ties_head
from mergec.plan.lower import lower
from mergec.plan.match import match
from mergec.plan.quantized import refuse_quantized
from mergec.plan.scheme import Schemes
from mergec.plan.simplify import simplify
from mergec.plan.verify import verify
from mergec.recipe import Recipe
from mergec.sidecar import ConfigChanges, lost_patterns, main_count_keys


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says of a build.

    block_elements is for tests: it changes no byte of the result. memory_bytes: what tensors may take, a default if
    None. seed: of the methods that draw random numbers.
    """

    shard_bytes: int
    workers: int
    block_elements: int = BLOCK_ELEMENTS
    memory_bytes: int | None = None
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything about a build.

    assignments and places: one per output tensor, in the order of the output; a place is in an output shard.
    digest: sha256 of what decides the bytes of the weights: input headers, operations, layout.
    seed: of the random numbers, if any are drawn.
    """

    recipe: Recipe
    catalog: Catalog
    assignments: tuple[Assignment, ...]
    dropped: tuple[Dropped, ...]
    graph: Graph
    shards: tuple[Shard, ...]
    places: tuple[TensorEntry, ...]
    cut: Cut
    traffic: Traffic
    changes: ConfigChanges
    shard_bytes: int
    digest: str
    seed: int | None = None

    @property
    def parameters(self) -> int:
        """Number of elements of the output."""
        return sum(a.type.elements for a in self.assignments)

    @property
    def files_bytes(self) -> int:
        """Size of all weight files."""
        return sum(s.nbytes for s in self.shards)


def make_plan(recipe: Recipe, catalog: Catalog, options: Options, report: Report) -> Plan | None:
    """Match, lower, simplify, lay out and cut. None if there is an error, which is in the report."""
    matched = match(recipe, catalog, report)
    if matched is None:
        return None
    graph = verify(lower(matched.assignments, options.seed, report), "lower")
    changes = config_changes(recipe, catalog, matched.assignments, report)
    _refuse_lost_patterns(recipe, catalog, changes, report)
    if report.failed:
        return None
    graph = verify(simplify(graph, [m.model.reference for m in catalog.models]), "simplify")
    refuse_quantized(graph, catalog, report)
    schemes = Schemes(graph)
    kinds = kinds_of(graph, schemes)
    found = _cut(recipe, graph, schemes, kinds, matched.assignments, options, report)
    if report.failed:
        return None
    shards = lay_out(tuple((a.name, a.type) for a in matched.assignments), options.shard_bytes)
    entries = {e.name: e for s in shards for e in s.entries}
    places = tuple(entries[a.name] for a in matched.assignments)
    return Plan(
        recipe,
        catalog,
        matched.assignments,
        matched.dropped,
        graph,
        shards,
        places,
        found,
        traffic(graph, schemes, kinds, found.block_elements),
        changes,
        options.shard_bytes,
        _digest(catalog, graph, places),
        options.seed if any(isinstance(n.op, Apply) and n.op.method.random for n in graph.nodes) else None,
    )


def _cut(
    recipe: Recipe,
    graph: Graph,
    schemes: Schemes,
    kinds: tuple[Kind, ...],
    assignments: tuple[Assignment, ...],
    options: Options,
    report: Report,
) -> Cut:
    """The cut within the budget; one that does not fit is reported, at the rule of the tensor that needs most."""
    found, needs = cut(graph, schemes, kinds, options.workers, options.memory_bytes, options.block_elements)
    largest = assignments[graph.outputs.index(needs.held)] if needs.held in graph.outputs else assignments[0]
    span = largest.method_origin or recipe.root.span
    refuse_small_budget(found, needs, options.memory_bytes, largest.name, span, report)
    return found


def targets(places: tuple[TensorEntry, ...]) -> tuple[str, ...]:
    """Where each output tensor is written: file and byte range."""
    return tuple(f"{p.file}[{p.offset}:{p.offset + p.type.nbytes}]" for p in places)


def config_changes(
    recipe: Recipe, catalog: Catalog, assignments: tuple[Assignment, ...], report: Report
) -> ConfigChanges:
    """What of the donor's config.json no longer holds for the output."""
    donor = catalog.models[recipe.output.donor]
    sizes: dict[str, int] = {}
    for a in assignments:
        if a.type.dtype.is_float and "buffer" not in a.place.roles:
            sizes[a.type.dtype.torch_name] = sizes.get(a.type.dtype.torch_name, 0) + a.type.nbytes
    main = donor.anatomy.main
    layers = _donor_layers(recipe.output.donor, catalog, assignments)
    if main is None or layers == tuple(range(main.layers)):
        layers = None
    keys = main_count_keys(donor.config, main.layers) if main is not None else None
    return ConfigChanges(
        dtype=max(sizes, key=lambda d: (sizes[d], d)) if sizes else None,
        layers=layers,
        layer_keys=keys,
        tie_word_embeddings=ties_head(recipe, catalog, assignments, report),
        vocab_size=None,
    )


def _refuse_lost_patterns(recipe: Recipe, catalog: Catalog, changes: ConfigChanges, report: Report) -> None:
    """A stack whose config.json cannot say of what kind its layers are would not load."""
    donor = catalog.models[recipe.output.donor]
    lost = lost_patterns(donor.config, changes)
    if lost:
        keys = ", ".join(f"`{key}`" for key in lost)
        report.error(
            Code.BAD_LAYER_RANGE,
            f"{keys} in config.json of `{donor.name}` cannot describe these layers",
            recipe.root.span,
            "the output would not load",
            help="choose ranges that keep the layers of each kind in the order and the places that this key counts on",
        )


def _donor_layers(donor: int, catalog: Catalog, assignments: tuple[Assignment, ...]) -> tuple[int, ...] | None:
    """For each output layer of the main stack, the layer of the donor (or of the first input) it is made of."""
    main = catalog.models[donor].anatomy.main
    found: dict[int, int] = {}
    for a in assignments:
        if main is None or a.place.layer is None or a.place.stack != main.prefix or a.place.layer in found:
            continue
        sources = list(stored_operands(a))
        source = next((s for s in sources if s.model == donor), sources[0])
        found[a.place.layer] = _layer_of(source, catalog)
    return tuple(found[i] for i in sorted(found)) if found else None


def _layer_of(source: Stored, catalog: Catalog) -> int:
    place = catalog.models[source.model].anatomy.place(source.entry.name)
    return place.layer or 0


def _digest(catalog: Catalog, graph: Graph, places: tuple[TensorEntry, ...]) -> str:
    """Names of models and places of rules are left out: two recipes that do the same have one digest."""
    headers = {
        i: hashlib.sha256(" ".join(f.header_digest for f in m.checkpoint.files).encode()).hexdigest()
        for i, m in enumerate(catalog.models)
    }
    digest = hashlib.sha256()
    lines = iter(graph_lines(graph, targets(places), headers.__getitem__, origins=False))
    while some := tuple(islice(lines, 1024)):
        digest.update("".join([f"{line}\n" for line in some]).encode())
    return digest.hexdigest()
