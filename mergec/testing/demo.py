"""`mergec demo`: two checkpoints and a recipe in both tongues, to try everything offline."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mergec.diagnostics import MachineFault, OutputConflict
from mergec.testing.archs import find_arch
from mergec.testing.hub_cache import check_replaceable, repository_dir, write_hub_cache
from mergec.testing.recipes import MARK, merge_recipe, yaml_recipe
from mergec.testing.shapes import Arch, checkpoint_bytes
from mergec.testing.write import write_checkpoint

_SLACK_BYTES = 64_000_000


@dataclass(frozen=True, slots=True)
class DemoPaths:
    """What a demo wrote; `base` and `tuned` are checkpoint directories, the same one for a model merged with itself."""

    base: str
    tuned: str
    recipe_merge: str
    recipe_yaml: str
    cache_home: str | None


def write_demo(
    directory: str,
    arch_name: str,
    *,
    hub_cache: str | None = None,
    seed: int = 0,
    sparse: bool = False,
    progress: Callable[[int], None] | None = None,
) -> DemoPaths:
    """Write `base`, `tuned`, `recipe.merge` and `recipe.yaml` into `directory`.

    hub_cache: the checkpoints go into this Hub cache (a value for HF_HOME) under their real ids, which the recipes
        then name. sparse: headers over holes. progress: told how many bytes of weights were added; see `demo_bytes`.
    Raises RecipeError for an unknown architecture, OutputConflict if something that is not an earlier demo is there,
    MachineFault.
    """
    arch = find_arch(arch_name)
    try:
        _check(directory, arch, hub_cache, sparse=sparse)
        merge, yaml = _write_recipes(directory, arch, hub_cache)
    except OSError as error:
        raise MachineFault(f"cannot write the demo in `{directory}`: {error.strerror or error}") from error
    if hub_cache is None:
        base, tuned = _write_pair(directory, arch, seed, sparse, progress)
    else:
        base, tuned = write_stand_ins(hub_cache, arch, seed=seed, sparse=sparse, progress=progress)
    return DemoPaths(base, tuned, merge, yaml, hub_cache)


def write_stand_ins(
    cache_home: str,
    arch: Arch,
    *,
    seed: int = 0,
    sparse: bool = False,
    progress: Callable[[int], None] | None = None,
) -> tuple[str, str]:
    """Write an architecture's base and tuned model into a Hub cache; returns their snapshot directories.

    Where both have one id there is one model, the base, and its directory is returned twice.
    Raises OutputConflict, MachineFault.
    """

    def write_base(path: str) -> None:
        write_checkpoint(path, arch, seed=seed, sparse=sparse, progress=progress)

    def write_tuned(path: str) -> None:
        write_checkpoint(path, arch, seed=seed + 1, tuned_from=seed, sparse=sparse, progress=progress)

    base = write_hub_cache(cache_home, arch.base_id, write_base)
    if arch.tuned_id == arch.base_id:
        return base, base
    return base, write_hub_cache(cache_home, arch.tuned_id, write_tuned)


def demo_bytes(arch: Arch, *, hub_cache: bool = False) -> int:
    """Bytes of weights that a demo writes."""
    models = 1 if hub_cache and arch.base_id == arch.tuned_id else 2
    return models * checkpoint_bytes(arch)


def _write_pair(
    directory: str, arch: Arch, seed: int, sparse: bool, progress: Callable[[int], None] | None
) -> tuple[str, str]:
    base, tuned = os.path.join(directory, "base"), os.path.join(directory, "tuned")
    write_checkpoint(base, arch, seed=seed, sparse=sparse, progress=progress)
    write_checkpoint(tuned, arch, seed=seed + 1, tuned_from=seed, sparse=sparse, progress=progress)
    return base, tuned


def _write_recipes(directory: str, arch: Arch, hub_cache: str | None) -> tuple[str, str]:
    """The recipes come first: they mark the directory as a demo, even if writing the weights is interrupted.

    One that was edited since an earlier demo is kept under its name with `.old`.
    """
    models = ("./base", "./tuned") if hub_cache is None else (arch.base_id, arch.tuned_id)
    paths = os.path.join(directory, "recipe.merge"), os.path.join(directory, "recipe.yaml")
    texts = merge_recipe(*models, arch.dtype), yaml_recipe(*models, arch.dtype)
    os.makedirs(directory, exist_ok=True)
    for path, text in zip(paths, texts, strict=True):
        if os.path.exists(path) and Path(path).read_text(encoding="utf-8", errors="replace") != text:
            os.replace(path, f"{path}.old")
        Path(path).write_text(text, encoding="utf-8", newline="\n")
    return paths


def _check(directory: str, arch: Arch, hub_cache: str | None, *, sparse: bool) -> None:
    """All that can be refused before anything is written."""
    _check_directory(directory)
    if hub_cache is not None:
        for repo_id in (arch.base_id, arch.tuned_id):
            check_replaceable(hub_cache, repo_id)
    _check_space(directory, arch, hub_cache, sparse=sparse)


def _check_directory(directory: str) -> None:
    folder = Path(directory)
    if not folder.exists() or (folder.is_dir() and (_is_demo(folder) or not any(folder.iterdir()))):
        return
    found = "holds other files" if folder.is_dir() else "is not a directory"
    raise OutputConflict(f"`{directory}` {found}", "name a new or an empty directory")


def _is_demo(folder: Path) -> bool:
    try:
        with (folder / "recipe.merge").open(encoding="utf-8", errors="replace") as file:
            return file.readline().startswith(MARK)
    except OSError:
        return False


def _check_space(directory: str, arch: Arch, hub_cache: str | None, *, sparse: bool) -> None:
    """Raise MachineFault if the disk cannot hold the weights; what an earlier demo holds will be freed."""
    needed = (0 if sparse else demo_bytes(arch, hub_cache=hub_cache is not None)) + _SLACK_BYTES
    free = shutil.disk_usage(_existing(hub_cache or directory)).free
    if needed > free + _freed(directory, arch, hub_cache):
        raise MachineFault(
            f"the demo of {arch.name} needs {needed} bytes on disk, and {free} are free",
            "name a directory on a larger disk, or a smaller architecture",
        )


def _existing(path: str) -> Path:
    """The nearest folder above `path`, or itself, that exists."""
    folder = Path(path).absolute()
    return next(p for p in (folder, *folder.parents) if p.is_dir())


def _freed(directory: str, arch: Arch, hub_cache: str | None) -> int:
    if hub_cache is None:
        folders = [Path(directory, "base"), Path(directory, "tuned")]
    else:
        folders = [repository_dir(hub_cache, id) / "blobs" for id in {arch.base_id, arch.tuned_id}]
    files = [path for folder in folders if folder.is_dir() for path in folder.iterdir()]
    return sum(path.stat().st_blocks * 512 for path in files if path.is_file())
