"""Recipes in mergekit YAML, drawn at random, over tiny Llamas of six layers called `base`, `tuned` and `third`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import yaml
from hypothesis import strategies as st

MODELS = ("base", "tuned", "third")
LAYERS = 6
_SHARED = {"slerp": ("t",), "nuslerp": ("nuslerp_flatten",), "linear": ("normalize",), "task_arithmetic": ("lambda",)}
_PER_INPUT = {"linear": "weight", "nuslerp": "weight", "task_arithmetic": "weight", "multislerp": "weight"}
_FLAGS = ("normalize", "nuslerp_flatten")
_FILTERS = (
    "self_attn",
    "mlp",
    "norm",
    "layers.1",
    "layers.2.",
    "layers.3.mlp",
    "lm_head",
    "*",
    "q_proj.weight",
    "embed",
)

Draw = Callable[[st.SearchStrategy[Any]], Any]
_numbers = st.sampled_from([0, 1, 0.5, 0.25, 0.75, 1e-05, 0.125])
_values = _numbers | st.lists(_numbers, min_size=1, max_size=4)


@st.composite
def settings(draw: Draw, values: st.SearchStrategy[Any] = _values) -> Any:
    """A value of a parameter, in any of its forms; it always has a value for every tensor."""
    if draw(st.booleans()):
        return draw(values)
    pairs = st.fixed_dictionaries({"filter": st.sampled_from(_FILTERS), "value": values})
    return [*draw(st.lists(pairs, min_size=1, max_size=3)), {"value": draw(values)}]


@st.composite
def recipes(draw: Draw) -> str:
    """A recipe that mergec accepts, as a rule."""
    method = draw(
        st.sampled_from(["slerp", "linear", "nuslerp", "task_arithmetic", "multislerp", "passthrough", "karcher"])
    )
    recipe: dict[str, Any] = {"merge_method": method}
    base = draw(st.sampled_from(MODELS)) if _needs_base(method) or draw(st.booleans()) else None
    if base is not None and method != "passthrough":
        recipe["base_model"] = base
    if draw(st.booleans()) and method != "passthrough":
        recipe["models"] = [draw(_entry(method, m, None)) for m in _models(draw, method, base)]
    else:
        recipe["slices"] = [draw(_slice(method, base)) for _ in range(draw(st.integers(1, 3)))]
    parameters = {
        name: draw(settings(st.booleans()) if name in _FLAGS else settings()) for name in _SHARED.get(method, ())
    }
    if method in _PER_INPUT:
        parameters["weight"] = draw(settings(_values))
    if parameters:
        recipe["parameters"] = parameters
    if draw(st.booleans()):
        recipe["dtype"] = draw(st.sampled_from(["bfloat16", "float16", "float32"]))
    return yaml.safe_dump(recipe, sort_keys=False)


def _needs_base(method: str) -> bool:
    return method in ("slerp", "task_arithmetic")


def _models(draw: Draw, method: str, base: str | None) -> list[str]:
    others = [m for m in MODELS if m != base]
    match method:
        case "passthrough":
            return [draw(st.sampled_from(MODELS))]
        case "slerp":
            assert base is not None
            return draw(st.permutations([base, draw(st.sampled_from(others))]))
        case "nuslerp":
            return others[:2]
        case _:
            return draw(
                st.lists(
                    st.sampled_from(MODELS),
                    min_size=2,
                    max_size=3,
                    unique=method != "linear" or draw(st.integers(0, 4)) > 0,
                )
            )


@st.composite
def _slice(draw: Draw, method: str, base: str | None) -> dict[str, Any]:
    length = draw(st.integers(1, 3))
    names = _models(draw, method, base)
    if base is not None and base not in names:
        names = [*names, base]
    found: dict[str, Any] = {"sources": [draw(_entry(method, name, length)) for name in names]}
    if method == "slerp" and draw(st.booleans()):
        found["parameters"] = {"t": draw(settings())}
    return found


@st.composite
def _entry(draw: Draw, method: str, model: str, length: int | None) -> dict[str, Any]:
    found: dict[str, Any] = {"model": model}
    if length is not None:
        first = draw(st.integers(0, LAYERS - length))
        found["layer_range"] = [first, first + length]
    if method in _PER_INPUT and draw(st.booleans()):
        found["parameters"] = {"weight": draw(settings())}
    return found
