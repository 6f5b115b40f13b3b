"""What the first-party methods should give, as `MethodSuite` asks for it: float64 inputs, base and parameters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from mergec.api import Arguments
from mergec.testing.suite import Reference
from tests.numerics.test_isotropic import common_reference, specific_reference, split
from tests.numerics.test_svc import reference as svc_of
from tests.numerics.test_tsv import reference as tsv_of
from tests.numerics.test_wudi import reference as wudi_of
from tests.support import blend_references, published_references, selection_references, task_references
from tests.support.numbers import Array
from tests.support.references import lerp_weights, linear_weights, slerp_weights, weighted
from tests.support.spectra import truncated

Inputs = Sequence[Array]
Deltas = Callable[[list[Array], Arguments], Array]


def slerp(inputs: Inputs, base: Array | None, arguments: Arguments) -> Array:
    return weighted(slerp_weights(inputs[0], inputs[1], arguments.number("t")), inputs)


def lerp(inputs: Inputs, base: Array | None, arguments: Arguments) -> Array:
    return weighted(lerp_weights(arguments.number("t")), inputs)


def linear(inputs: Inputs, base: Array | None, arguments: Arguments) -> Array:
    return weighted(linear_weights(arguments.numbers("weight"), arguments.flag("normalize")), inputs)


def passthrough(inputs: Inputs, base: Array | None, arguments: Arguments) -> Array:
    (scale,) = arguments.numbers("scale")
    return np.asarray(scale * inputs[0])


def average(inputs: Inputs, base: Array | None, arguments: Arguments) -> Array:
    return np.asarray(np.mean(inputs, axis=0))


def around(base: Array | None, function: Callable[[list[Array]], Array], inputs: Inputs) -> Array:
    """A function of the inputs, or of their deltas where there is a base."""
    return function(list(inputs)) if base is None else base + function([x - base for x in inputs])


def nuslerp(inputs: Inputs, base: Array | None, arguments: Arguments) -> Array:
    first, second = arguments.numbers("weight")
    axis = -1 if not arguments.flag("nuslerp_row_wise") else 0
    axes = None if arguments.flag("nuslerp_flatten") else axis

    def arc(a: Array, b: Array) -> Array:
        return blend_references.arc_or_chord(a, b, second / (first + second))

    return around(base, lambda x: blend_references.along(axes, arc, *x), inputs)


def multislerp(inputs: Inputs, base: Array | None, arguments: Arguments) -> Array:
    weights = linear_weights(arguments.numbers("weight"), arguments.flag("normalize_weights"))
    return around(base, lambda x: blend_references.multislerp(x, weights, arguments.number("eps")), inputs)


def karcher(inputs: Inputs, base: Array | None, arguments: Arguments) -> Array:
    return blend_references.karcher(inputs)


def geometric_median(inputs: Inputs, base: Array | None, arguments: Arguments) -> Array:
    """Weiszfeld's iteration in the space that the inputs span, unless one of them outweighs the pull of the others."""
    weights = np.array(arguments.numbers("weight"))
    places = np.linalg.qr(np.stack([x.reshape(-1) for x in inputs], axis=1))[1].T
    for k, place in enumerate(places):
        away = np.linalg.norm(places - place, axis=1)
        pulls = np.divide(weights, away, out=np.zeros_like(away), where=away > 0)
        if np.linalg.norm(pulls @ (places - place)) <= weights[k]:
            return inputs[k]
    shares = weights / weights.sum()
    for _ in range(3000):
        pulls = weights / np.linalg.norm(places - shares @ places, axis=1)
        shares = pulls / pulls.sum()
    return weighted(tuple(shares), inputs)


def model_stock(inputs: Inputs, base: Array | None, arguments: Arguments) -> Array:
    assert base is not None

    def stock(origin: Array, *others: Array) -> Array:
        return blend_references.model_stock(origin, others)

    return blend_references.along(-1 if arguments.flag("filter_wise") else None, stock, base, *inputs)


def expo(inputs: Inputs, base: Array | None, arguments: Arguments) -> Array:
    assert base is not None
    return np.asarray(base + (1 + arguments.number("alpha")) * (inputs[0] - base))


def thinned(thin: Callable[[Array, int, Arguments], Array], *, agree: bool) -> Reference:
    """A method that thins out each delta and adds them up."""

    def reference(inputs: Inputs, base: Array | None, arguments: Arguments) -> Array:
        assert base is not None
        return task_references.task(
            base,
            inputs,
            arguments.numbers("weight"),
            lambda delta, i: thin(delta, i, arguments),
            agree=agree,
            normalize=arguments.flag("normalize"),
            rescale=arguments.flag("rescale"),
            factor=arguments.number("lambda"),
        )

    return reference


def trim(delta: Array, i: int, arguments: Arguments) -> Array:
    return task_references.trimmed(delta, arguments.numbers("density")[i])


def middle(delta: Array, i: int, arguments: Arguments) -> Array:
    return task_references.middle(delta, arguments.numbers("density")[i], arguments.numbers("gamma")[i])


def everything(delta: Array, i: int, arguments: Arguments) -> Array:
    return delta


def sce(inputs: Inputs, base: Array | None, arguments: Arguments) -> Array:
    assert base is not None
    return selection_references.sce(base, inputs, arguments.number("select_topk"))


def ram(inputs: Inputs, base: Array | None, arguments: Arguments) -> Array:
    assert base is not None
    return selection_references.ram(base, inputs, arguments.number("epsilon"))


def ramplus_tl(inputs: Inputs, base: Array | None, arguments: Arguments) -> Array:
    assert base is not None
    return selection_references.ram(base, inputs, *(arguments.number(n) for n in ("epsilon", "r", "alpha")))


def nearswap(inputs: Inputs, base: Array | None, arguments: Arguments) -> Array:
    assert base is not None
    return selection_references.nearswap(base, inputs[0], arguments.number("t"))


def arcee_fusion(inputs: Inputs, base: Array | None, arguments: Arguments) -> Array:
    return selection_references.arcee_fusion(*inputs)


def consensus(inputs: Inputs, base: Array | None, arguments: Arguments) -> Array:
    assert base is not None
    deltas = [w * (x - base) for w, x in zip(arguments.numbers("weight"), inputs, strict=True)]
    votes, factor = int(arguments.number("votes")), arguments.number("lambda")
    return published_references.consensus(base, deltas, arguments.numbers("threshold"), votes, factor)


def pcb(inputs: Inputs, base: Array | None, arguments: Arguments) -> Array:
    assert base is not None
    deltas = [np.asarray(x - base) for x in inputs]
    return published_references.pcb(base, deltas, arguments.numbers("weight"), arguments.numbers("density"))


def lines(inputs: Inputs, base: Array | None, arguments: Arguments) -> Array:
    assert base is not None
    return np.asarray(base + arguments.number("scale") * (inputs[0] - base))


def spectral(inputs: Inputs, base: Array | None, arguments: Arguments, of: Deltas) -> Array:
    """The base and a function of the deltas, matrix by matrix, times the scaling."""
    assert base is not None
    if base.ndim == 3:
        parts = zip(base, *inputs, strict=True)
        return np.stack([spectral(own, origin, arguments, of) for origin, *own in parts])
    return np.asarray(base + arguments.number("scaling") * of([x - base for x in inputs], arguments))


def _tsv(deltas: list[Array], arguments: Arguments) -> Array:
    return tsv_of(deltas, max(1, min(deltas[0].shape) // len(deltas)))


def _iso_cts(deltas: list[Array], arguments: Arguments) -> Array:
    common, own = split(min(deltas[0].shape), len(deltas), arguments.number("common"))
    return specific_reference(deltas, common, own)


tsv = partial(spectral, of=_tsv)
iso_c = partial(spectral, of=lambda deltas, arguments: common_reference(deltas))
iso_cts = partial(spectral, of=_iso_cts)
wudi = partial(spectral, of=lambda deltas, arguments: wudi_of(deltas))
average_deltas = partial(spectral, of=lambda deltas, arguments: np.asarray(np.mean(deltas, axis=0)))


def cart(inputs: Inputs, base: Array | None, arguments: Arguments) -> Array:
    if inputs[0].ndim == 3:
        return np.stack([cart(own, None, arguments) for own in zip(*inputs, strict=True)])
    mean = average(inputs, base, arguments)
    rank = max(1, int(min(mean.shape) * arguments.number("rank") + 1e-9))
    return np.asarray(mean + arguments.number("scaling") * sum(truncated(x - mean, rank) for x in inputs))


def as_merged(inputs: Inputs, base: Array | None, arguments: Arguments) -> Array:
    return inputs[0]


def svc(inputs: Inputs, base: Array | None, arguments: Arguments) -> Array:
    assert base is not None
    if base.ndim == 3:
        return np.stack([svc(own, origin, arguments) for origin, *own in zip(base, *inputs, strict=True)])
    merged, *tasks = (x - base for x in inputs)
    return base + svc_of(merged, tasks, arguments.number("alpha"))


def subspace_boosting(inputs: Inputs, base: Array | None, arguments: Arguments) -> Array:
    assert base is not None
    u, s, vt = np.linalg.svd(inputs[0] - base, full_matrices=False)
    shares = np.cumsum(s, axis=-1) / s.sum(axis=-1, keepdims=True)
    cutoff = np.take_along_axis(s, np.argmax(shares >= arguments.number("beta"), axis=-1)[..., None], -1)
    return np.asarray(base + (u * np.maximum(s, cutoff)[..., None, :]) @ vt)
