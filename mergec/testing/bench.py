"""Where a method is tried: models of many shapes and types in a folder, and what recipes make of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

from torch import Tensor

from mergec.backends import TorchCpu
from mergec.checkpoint import infer_anatomy
from mergec.contract.method import Method
from mergec.core.dtype import BY_CODE
from mergec.diagnostics import Report, Source
from mergec.driver import Compiled, Request, build, compile_recipe
from mergec.execute import Listener
from mergec.execute.build import Order, write_weights
from mergec.plan import Plan
from mergec.testing.calls import Call
from mergec.testing.tensors import BASE, FINE_TUNES, Array, content, draw, load, read_tensors, store, write_tensors

Shape = tuple[int, ...]

Models = Mapping[str, Mapping[str, Tensor]]
"""Tensors by model, which is a folder's name, and by name."""

SHAPES: Mapping[str, Shape] = {
    "self_attn.q_proj.weight": (12, 8),
    "mlp.down_proj.weight": (7, 20),
    "mlp.experts.up_proj.weight": (3, 20, 16),
    "mlp.router.weight": (1, 5),
    "input_layernorm.weight": (9,),
    "self_attn.scale": (),
    "self_attn.empty": (0, 4),
}
"""What each layer of a test's model holds."""

OUTSIDE: Mapping[str, Shape] = {
    "model.embed_tokens.weight": (24, 16),
    "model.norm.weight": (16,),
    "lm_head.weight": (24, 16),
}

LARGE = (9, 70_001)
"""More than one of the runs over which methods measure."""

TYPES = (("BF16",), ("F16",), ("F32",), ("F64",), ("BF16", "F16", "F32"))
"""Element types by layer: those of the base and the fine-tunes in turn."""

USUAL = Request(workers=1)


@dataclass(frozen=True, slots=True)
class Built:
    """What a build has made: the plan, the weights by name, and the bytes of each."""

    plan: Plan
    tensors: Mapping[str, Tensor]

    def data(self) -> dict[str, bytes]:
        """The bytes of every tensor by name."""
        return {name: content(tensor) for name, tensor in self.tensors.items()}


class Bench:
    """Models in a folder: `base` and fine-tunes of it, `a` to `e`."""

    def __init__(self, folder: Path, models: Models) -> None:
        self.models = models
        self._folder = folder
        self._outputs = count()
        self._usual: dict[tuple[int, str], Built] = {}
        for model, tensors in models.items():
            write_tensors(folder / model, tensors, len(TYPES))

    def compile(self, call: Call, request: Request = USUAL) -> Compiled:
        """The plan of a merge. Raises RecipeError."""
        source = Source(str(self._folder / "recipe.merge"), call.recipe())
        return compile_recipe(source, replace(request, directory=str(self._folder)), Report(), call.plugins())

    def build(self, call: Call, request: Request = USUAL, order: Order | None = None) -> Built:
        """What a merge makes; `order` is that in which its tensors are begun. Raises RecipeError or CheckFailed."""
        compiled = self.compile(call, request)
        folder = self._folder / f"out{next(self._outputs)}"
        if order is None:
            build(compiled, str(folder), force=False, sync=False, progress=lambda nbytes: None)
        else:
            folder.mkdir()
            write_weights(compiled.plan, str(folder), TorchCpu(), Listener(), False, {}, order)
        return Built(compiled.plan, dict(read_tensors(folder, compiled.plan.places)))

    def usual(self, call: Call) -> Built:
        """What a merge makes with one worker and blocks of the usual size; made once."""
        key = id(call.method), call.recipe()
        if key not in self._usual:
            self._usual[key] = self.build(call)
        return self._usual[key]

    def values(self, name: str) -> dict[str, Array]:
        """The numbers of a tensor in every model."""
        return {model: load(tensors[name]) for model, tensors in self.models.items()}

    def with_only(self, folder: str, names: Iterable[str]) -> Bench:
        """The same models with these tensors only, in a folder within."""
        wanted = tuple(names)
        models = {m: {n: tensors[n] for n in wanted} for m, tensors in self.models.items()}
        return Bench(self._folder / folder, models)

    def damage(self, model: str, name: str, value: float) -> Bench:
        """One tensor alone, whose last element in one model is another value."""
        found = self.models[model][name].clone()
        found.view(-1)[-1] = value
        models = {m: {name: found if m == model else tensors[name]} for m, tensors in self.models.items()}
        return Bench(self._folder / f"damaged{next(self._outputs)}", models)


def make_models(method: Method, shapes: Mapping[str, Shape], large: Shape) -> Models:
    """The tensors of the models, but for those that the method is not made for and has no fallback for."""
    described = _described(shapes, large)
    anatomy = infer_anatomy(tuple(described), ())
    kept = {n: s for n, s in described.items() if _is_made(method, len(s[0]), anatomy.place(n).roles)}
    drawn = draw(tuple((name, shape) for name, (shape, _) in kept.items()))
    return {
        model: {name: store(drawn[model][name], BY_CODE[codes[i % len(codes)]]) for name, (_, codes) in kept.items()}
        for i, model in enumerate((BASE, *FINE_TUNES))
    }


def _described(shapes: Mapping[str, Shape], large: Shape) -> dict[str, tuple[Shape, tuple[str, ...]]]:
    """Shape and element types of every tensor of a model."""
    found: dict[str, tuple[Shape, tuple[str, ...]]] = {name: (shape, TYPES[0]) for name, shape in OUTSIDE.items()}
    for layer, codes in enumerate(TYPES):
        within = {**shapes, **({"mlp.up_proj.weight": large} if layer == 0 else {})}
        found |= {f"model.layers.{layer}.{suffix}": (shape, codes) for suffix, shape in within.items()}
    return found


def _is_made(method: Method, rank: int, roles: Collection[str]) -> bool:
    standing: Method | None = method
    while standing is not None and standing.suits is not None and not standing.suits.suits(rank, roles):
        standing = standing.fallback
    return standing is not None
