"""`MethodSuite`: what every merge method must do, checked through the whole of mergec.

The author of a plugin subclasses it in a test file and is done:

    class TestMedian(MethodSuite):
        method = MEDIAN
        parameters = {"share": 0.5}
        reference = staticmethod(median_in_numpy)
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from math import inf, nan
from typing import ClassVar

import numpy as np
import pytest
from torch import Tensor

from mergec.contract.method import Arguments, Base, Method
from mergec.core.params import Param, ParamKind
from mergec.diagnostics import CheckFailed, Code, RecipeError, Report
from mergec.driver import Request
from mergec.execute import task
from mergec.hooks import defects_of, load_plugins
from mergec.plan import Assignment, Plan, Survey
from mergec.testing.bench import LARGE, SHAPES, USUAL, Bench, Built, Shape, make_models
from mergec.testing.calls import Call, Given, make_call
from mergec.testing.tensors import Array, content, far_off, load
from mergec.testing.watched import watched

Reference = Callable[[Sequence[Array], "Array | None", Arguments], Array]
"""What a method should give: float64 inputs, the base beside them if there is one, parameters; to float64."""

CUTS = (
    Request(workers=1, block_elements=1 << 12),
    Request(workers=1, block_elements=70_003),
    Request(workers=1, memory_bytes=96 << 20),
)
"""Blocks of other sizes, and a budget."""

PIECE_ELEMENTS = 1 << 18
"""What one job handles, small enough for the large tensors to be shared out."""


class MethodSuite:
    """Checks of one method. Each is a test; subclass, and state the method and what its parameters are to be.

    method: the method. parameters: the values of its parameters, of those that have no default at least; a tuple has
    one value for each input.
    inputs: how many inputs to give it; three, or as many as it takes, if None. For a wrapper, inputs of its merge.
    reference: what it should give, in numpy; the inputs of a wrapper begin with the merged tensor.
    tolerance: how far a result may be from the reference, before it is rounded to its type, where inputs and output
    have 16 bits; in units of the largest number of the tensors at hand. fine_tolerance: the same for the others.
    jumps: share of a large tensor's elements that may differ by more than the tolerance, for methods that choose some
    elements, where rounding decides between two that are as good.
    compared: which element types are compared with the reference: `BF16`, `F16`, `F32`, `F64`, or `mixed`.
    shapes: names and shapes of what each layer holds. large: a shape that is cut into more than one block.
    provider: the package that provides the method; None if it is not installed where the tests run.
    without: checks that do not hold, by their names without `test_`, each with the reason.
    """

    method: ClassVar[Method]
    parameters: ClassVar[Mapping[str, Given]] = {}
    inputs: ClassVar[int | None] = None
    reference: ClassVar[Reference | None] = None
    tolerance: ClassVar[float] = 1e-6
    fine_tolerance: ClassVar[float] = 1e-11
    jumps: ClassVar[float] = 0.0
    compared: ClassVar[Sequence[str]] = ("BF16", "F16", "F32", "F64", "mixed")
    shapes: ClassVar[Mapping[str, Shape]] = SHAPES
    large: ClassVar[Shape] = LARGE
    provider: ClassVar[str | None] = None
    without: ClassVar[Mapping[str, str]] = {}

    # --- what is declared ----------------------------------------------------------------------------------------

    def test_declaration(self) -> None:
        """mergec takes it: names, parameters, defaults and fallbacks are such as a recipe can use."""
        found = defects_of(self.method)
        assert not found, f"mergec refuses `{self.method.name}`: {'; '.join(found)}"

    def test_documentation(self) -> None:
        """`mergec methods` has something to say of the method and of each parameter."""
        assert self.method.summary.strip(), "the method has no summary"
        bare = [p.name for p in self.method.params if not p.doc.strip()]
        assert not bare, f"parameters without a word on what they do: {', '.join(bare)}"

    def test_provider(self) -> None:
        """The installed package provides this very method."""
        if self.provider is None:
            pytest.skip("no `provider` is stated")
        provided = load_plugins(Report()).methods.get(self.method.name)
        assert provided is not None, f"no installed package provides `{self.method.name}`"
        found = provided.provider.distribution
        assert found == self.provider, f"`{self.method.name}` comes from {found}"
        assert provided.method == self.method, f"{found} provides another method of this name"

    def test_without(self) -> None:
        """What is switched off exists, and there is a reason."""
        checks = {name.removeprefix("test_") for name in dir(self) if name.startswith("test_")}
        for name, reason in self.without.items():
            assert name in checks, f"there is no check `{name}`; there are {', '.join(sorted(checks))}"
            assert reason.strip(), f"`{name}` is switched off without a reason"

    # --- what is refused before a weight is read ------------------------------------------------------------------

    def test_refused_values(self, bench: Bench) -> None:
        """Values out of bounds and of the wrong type are errors of the recipe."""
        for param in self.method.params:
            for value in wrong_values(param):
                codes = self._refusal(bench, next(self.calls()).giving(param.name, value))
                assert codes & {Code.OUT_OF_RANGE, Code.WRONG_TYPE, Code.BAD_VALUE}, (
                    f"{param.name} = {value!r} is taken"
                )

    def test_required_values(self, bench: Bench) -> None:
        """So is a parameter that must be given and is not."""
        for param in (p for p in self.method.params if p.required):
            codes = self._refusal(bench, next(self.calls()).giving(param.name, None))
            assert Code.MISSING_PARAMETER in codes, f"nobody misses `{param.name}`"

    # --- what comes out -------------------------------------------------------------------------------------------

    def test_tensors(self, bench: Bench) -> None:
        """Every tensor comes out, by the method or its fallback, in its shape and type, of any number of inputs."""
        for call in self.calls(every_count=True):
            built = bench.usual(call)
            assert built.tensors.keys() == bench.models["a"].keys()
            for a in built.plan.assignments:
                assert tuple(built.tensors[a.name].shape) == a.type.shape
                assert (a.fallback_of or a.method) is self.method, f"`{a.name}` is made by {a.action}"
            assert any(a.method is self.method for a in built.plan.assignments), "no tensor suits the method"

    def test_reference(self, bench: Bench) -> None:
        """What the method makes is what the reference says, up to the tolerance and one rounding."""
        if type(self).reference is None:
            pytest.skip("no `reference` is given")
        for call in self.calls(every_count=True):
            built = bench.usual(call)
            for a in (a for a in built.plan.assignments if a.method is self.method and a.type.elements):
                self._compare(bench, call, a, built.tensors[a.name])

    def test_fallback(self, bench: Bench) -> None:
        """Tensors that the method is not made for are what its fallback makes of them."""
        if self.method.fallback is None:
            pytest.skip("the method has no fallback")
        for i, call in enumerate(self.calls()):
            built = bench.usual(call)
            names = [a.name for a in built.plan.assignments if a.method is self.method.fallback]
            assert names, "the fallback makes no tensor"
            standing = bench.with_only(f"standing{i}", names).build(call.of(self.method.fallback))
            self._same(_picked(built, names), standing, "the fallback alone gives something else")

    def test_copies(self, bench: Bench) -> None:
        """Where it is idempotent, copies of one model are that model; without a base beside them, byte for byte."""
        if not self.method.idempotent:
            pytest.skip("the method does not claim to be idempotent")
        for call in self.calls():
            copies = replace(call, inputs=("a",) * len(call.inputs), base=call.base and "a")
            computed = bench.build(copies.of(replace(self.method, idempotent=False)))
            for name, tensor in bench.models["a"].items():
                off = far_off(computed.tensors[name], load(tensor), self._allowed(tensor) * _largest(load(tensor)))
                assert not off, f"{off} elements of `{name}` are not what they were"
            copied, original = bench.build(copies).tensors, bench.models["a"]
            exact = all(content(copied[n]) == content(original[n]) for n in original)
            assert exact or call.base is not None, "the copy is not exact"

    # --- what must make no difference -----------------------------------------------------------------------------

    def test_blocks(self, bench: Bench) -> None:
        """Sizes of blocks and budgets change no bit."""
        for call in self.calls():
            for request in CUTS:
                self._same(bench.build(call, request), bench.usual(call), f"other bytes under {_told(request)}")

    def test_threads(self, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
        """Nor do threads, and the order in which tensors and their pieces come."""
        monkeypatch.setattr(task, "PIECE_ELEMENTS", PIECE_ELEMENTS)
        for call in self.calls():
            for request in (Request(workers=3), Request(workers=2, block_elements=1 << 16)):
                again = bench.build(call, request, shuffled)
                self._same(again, bench.usual(call), f"other bytes under {_told(request)}, shuffled")

    def test_order(self, bench: Bench) -> None:
        """Where it is symmetric, the order of the inputs changes no bit; taken as it comes, next to nothing."""
        if not self.method.symmetric:
            pytest.skip("the method does not claim to be symmetric")
        for call in self.calls():
            turned = call.permuted(range(len(call.inputs))[::-1])
            usual = bench.usual(call)
            self._same(bench.build(turned), usual, "other bytes in another order")
            as_it_comes = bench.build(turned.of(replace(self.method, symmetric=False)))
            for name, tensor in as_it_comes.tensors.items():
                wanted = load(usual.tensors[name])
                off = far_off(tensor, wanted, 2 * self._allowed(tensor) * _largest(wanted) + _last_place(tensor))
                assert off <= self.jumps * tensor.numel(), f"{off} elements of `{name}` differ in another order"

    def test_inputs_unchanged(self, bench: Bench) -> None:
        """The method leaves its inputs as they are."""
        for call in self.calls():
            self._same(bench.build(call.of(watched(self.method))), bench.usual(call), "other bytes when watched")

    def test_other_tensors(self, bench: Bench) -> None:
        """A tensor does not depend on which others there are."""
        for i, call in enumerate(self.calls()):
            usual = bench.usual(call)
            if any(isinstance(node.op, Survey) for node in usual.plan.graph.nodes):
                pytest.skip("the method surveys all tensors of a merge")
            names = fewer(usual.plan.assignments)
            alone = bench.with_only(f"alone{i}", names).build(call)
            self._same(alone, _picked(usual, names), "other bytes without the other tensors")

    def test_seed(self, bench: Bench) -> None:
        """The seed counts where the method is random, and nothing else does."""
        for call in self.calls():
            usual = bench.usual(call)
            self._same(bench.build(call), usual, "other bytes in the same build")
            other = bench.build(call, replace(USUAL, seed=1))
            if self.method.random:
                assert other.data() != usual.data(), "another seed changes nothing: is the method random at all?"
            else:
                self._same(other, usual, "other bytes under another seed")

    # --- what stops a build ---------------------------------------------------------------------------------------

    def test_damaged_inputs(self, bench: Bench) -> None:
        """A value that is not a number, in any input, stops the build."""
        for call in self.calls():
            made = (a for a in bench.usual(call).plan.assignments if a.method is self.method and a.type.elements)
            name = next(made).name
            for model in dict.fromkeys((*call.inputs, *(() if call.base is None else (call.base,)))):
                for value in (nan, inf):
                    with pytest.raises(CheckFailed):
                        bench.damage(model, name, value).build(call)

    # --- how all of that is done ----------------------------------------------------------------------------------

    @pytest.fixture(scope="class")
    @classmethod
    def bench(cls, tmp_path_factory: pytest.TempPathFactory) -> Bench:
        """Small models in a folder that the checks of a class share."""
        return Bench(tmp_path_factory.mktemp(cls.method.name), make_models(cls.method, cls.shapes, cls.large))

    @pytest.fixture(autouse=True)
    def _switched_off(self, request: pytest.FixtureRequest) -> None:
        name = request.function.__name__.removeprefix("test_")
        if name in self.without:
            pytest.skip(self.without[name])

    @classmethod
    def calls(cls, every_count: bool = False) -> Iterator[Call]:
        """Merges to try: with a base and without where it is optional; of the fewest inputs too under `every_count`."""
        method, bases = cls.method, {Base.SEPARATE: (True,), Base.OPTIONAL: (True, False)}
        most = cls.inputs or max(method.inputs.least, min(3, method.inputs.most or 3))
        for has_base in bases.get(method.base, (False,)):
            for count in sorted({method.inputs.least, most}, reverse=True)[: 2 if every_count else 1]:
                yield make_call(method, count, has_base and not method.takes_as_is(count), cls.parameters)

    def _refusal(self, bench: Bench, call: Call) -> set[Code]:
        """The codes with which a recipe is refused; none if it is not."""
        try:
            bench.compile(call)
        except RecipeError as error:
            return {d.code for d in error.diagnostics}
        return set()

    def _compare(self, bench: Bench, call: Call, made: Assignment, got: Tensor) -> None:
        values = bench.values(made.name)
        types = {str(bench.models[m][made.name].dtype) for m in (*call.inputs, *((call.base,) if call.base else ()))}
        kind = made.type.dtype.code if len(types) == 1 else "mixed"
        if kind not in self.compared:
            return
        inputs, base = call.operands(values)
        reference = type(self).reference
        assert reference is not None
        taken = self.method.takes_as_is(call.count)
        wanted = inputs[0] if taken else np.asarray(reference(inputs, base, call.arguments()), np.float64)
        assert wanted.shape == inputs[0].shape, f"the reference has the shape {wanted.shape} for {inputs[0].shape}"
        size = _largest(wanted, *inputs, *(() if base is None else (base,)))
        off = far_off(got, wanted, self._allowed(got) * size)
        furthest = np.abs(load(got) - wanted).max(initial=0.0)
        assert off <= self.jumps * got.numel(), (
            f"{off} elements of `{made.name}` are off, by {furthest:.3g} at most, in\n{call.recipe()}"
        )

    def _allowed(self, tensor: Tensor) -> float:
        return self.tolerance if tensor.itemsize == 2 else self.fine_tolerance

    def _same(self, one: Built, other: Built, otherwise: str) -> None:
        """Two builds have the same bytes."""
        first, second = one.data(), other.data()
        assert first.keys() == second.keys(), f"{otherwise}: {first.keys() ^ second.keys()}"
        differing = [name for name in first if first[name] != second[name]]
        assert not differing, f"{otherwise}: {', '.join(differing)}"


def wrong_values(param: Param) -> Iterator[Given]:
    """Values that a recipe cannot give to a parameter."""
    if param.kind is ParamKind.TEXT:
        yield 0.5
        yield from ("no such choice",) if param.choices else ()
        return
    yield "text"
    if param.kind is ParamKind.FLAG:
        yield 0.5
        return
    if param.kind is ParamKind.INTEGER:
        yield 0.5
    yield from (bound - 1 for bound in (param.low,) if bound is not None)
    yield from (bound + 1 for bound in (param.high,) if bound is not None)
    yield from (bound for bound in (param.above, param.below) if bound is not None)


def shuffled(plan: Plan) -> Sequence[int]:
    """The outputs in no order that means anything."""
    places = list(range(len(plan.places)))
    random.Random(5).shuffle(places)
    return places


def fewer(assignments: Sequence[Assignment]) -> tuple[str, ...]:
    """About half of the tensors of each layer, one at the least, and of those outside."""
    layers = dict.fromkeys(a.place.layer for a in assignments)
    groups = ([a.name for a in assignments if a.place.layer == layer] for layer in layers)
    return tuple(name for group in groups for name in group[len(group) // 2 :])


def _picked(built: Built, names: Sequence[str]) -> Built:
    return replace(built, tensors={name: built.tensors[name] for name in names})


def _told(request: Request) -> str:
    budget = f", {request.memory_bytes} bytes" if request.memory_bytes else ""
    return f"{request.workers} workers, blocks of {request.block_elements}{budget}"


def _largest(*arrays: Array) -> float:
    return max((float(np.abs(a).max(initial=0.0)) for a in arrays), default=0.0)


def _last_place(tensor: Tensor) -> float:
    """One unit in the last place of the largest number, for results that were rounded before they are compared."""
    import torch

    return float(torch.finfo(tensor.dtype).eps) * _largest(load(tensor))
