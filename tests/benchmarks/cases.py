"""What is built: a method over stand-ins of one shape, as a YAML recipe that mergec and mergekit both read."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from mergec.contract.method import Base, Method
from mergec.core.params import Value
from mergec.diagnostics import Report
from mergec.hooks import load_plugins
from mergec.testing.archs import find_arch
from mergec.testing.shapes import checkpoint_bytes
from tests.benchmarks.measure import Failed, offline, run_measured

SHAPES = ("smollm-135m", "tinyllama-1.1b", "gemma-2-2b", "llama-2-7b")
METHODS = ("slerp", "linear", "passthrough")
MODELS = ("base", "a", "b")
SLACK_BYTES = 1_000_000_000

USUAL: Mapping[str, Value] = {"weight": 0.4, "t": 0.4, "alpha": 0.3}
"""What a parameter is given where it must be given and no method says otherwise."""

_THINNED: Mapping[str, Value] = {"weight": 0.4, "density": 0.5}

GIVEN: Mapping[str, Mapping[str, Value]] = {
    "linear": {"weight": 0.3},
    "multislerp": {"weight": 0.3},
    "ties": _THINNED,
    "dare_linear": _THINNED,
    "dare_ties": _THINNED,
    "della": {**_THINNED, "epsilon": 0.15},
    "della_linear": {**_THINNED, "epsilon": 0.15},
    "breadcrumbs": {"weight": 0.4, "density": 0.9, "gamma": 0.01},
    "breadcrumbs_ties": {"weight": 0.4, "density": 0.9, "gamma": 0.01},
    "sce": {"select_topk": 0.5},
}
"""Parameters, such that no method can leave out work: with weights of 0.5, two deltas would not need their base."""

WRITE = """
import sys
from mergec.testing.archs import find_arch
from mergec.testing.write import write_checkpoint
name, path, seed = sys.argv[1], sys.argv[2], int(sys.argv[3])
write_checkpoint(path, find_arch(name), seed=seed, tuned_from=0 if seed else None)
"""


@dataclass(frozen=True, slots=True)
class Case:
    """A recipe over models of a shape. models: those that are read, the base among them if there is one."""

    shape: str
    method: str
    models: tuple[str, ...]
    recipe: str

    @property
    def input_bytes(self) -> int:
        return len(self.models) * self.output_bytes

    @property
    def output_bytes(self) -> int:
        return checkpoint_bytes(find_arch(self.shape))


def find_methods(names: Iterable[str]) -> tuple[Method, ...]:
    """The installed methods of these names. Raises Failed."""
    known = load_plugins(Report()).methods
    methods = {name: known[name].method for name in known if not known[name].method.wraps}
    chosen = tuple(names)
    if missing := [name for name in chosen if name not in methods]:
        raise Failed(f"no method to build with is called {', '.join(missing)}; there are {', '.join(methods)}")
    return tuple(methods[name] for name in chosen)


def case_of(shape: str, method: Method, folder: Path) -> Case:
    """A method over the stand-ins in `folder`: of one model, of two, or of three, the base included."""
    most = 3 if method.inputs.most is None else min(3, method.inputs.most)
    has_base = method.base is Base.SEPARATE
    inputs = MODELS[1 : 1 + min(most, 2)] if has_base or most == 1 else MODELS[:most]
    read = ("base", *inputs) if has_base else inputs
    named_base = "base" if method.base in (Base.SEPARATE, Base.FIRST) else None
    return Case(shape, method.name, read, _recipe(shape, method, inputs, named_base, folder))


def _recipe(shape: str, method: Method, inputs: tuple[str, ...], base: str | None, folder: Path) -> str:
    """JSON is YAML, and needs no library."""
    needed = {p.name: USUAL[p.name] for p in method.params if p.required and p.name in USUAL}
    recipe: dict[str, object] = {"models": [{"model": str(folder / name)} for name in inputs]}
    recipe["merge_method"] = method.name
    if base is not None:
        recipe["base_model"] = str(folder / base)
    if parameters := {**needed, **GIVEN.get(method.name, {})}:
        recipe["parameters"] = parameters
    recipe["dtype"] = find_arch(shape).dtype.torch_name
    return json.dumps(recipe, indent=1) + "\n"


def write_models(shape: str, names: Iterable[str], folder: Path) -> None:
    """Write the stand-ins that are not there yet; `a` and `b` are fine-tunes of `base`. Raises Failed."""
    missing = [name for name in names if not (folder / name).is_dir()]
    needed = (len(missing) + 1) * checkpoint_bytes(find_arch(shape)) + SLACK_BYTES
    folder.mkdir(parents=True, exist_ok=True)
    if missing and needed > (free := shutil.disk_usage(folder).free):
        raise Failed(f"{shape} needs {needed:,} bytes on the disk of {folder}; {free:,} are free")
    for name in missing:
        part = folder / f"{name}.part"
        run_measured([sys.executable, "-c", WRITE, shape, str(part), str(MODELS.index(name))], offline())
        part.rename(folder / name)


def weights_of(folder: Path) -> tuple[Path, ...]:
    """The weight files of a stand-in."""
    return tuple(sorted(folder.glob("model*.safetensors")))
