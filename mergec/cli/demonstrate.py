"""`mergec demo`."""

from __future__ import annotations

from mergec.cli.console import say
from mergec.cli.progress import progress_bar
from mergec.testing.archs import find_arch
from mergec.testing.demo import DemoPaths, demo_bytes, write_demo


def demo_command(directory: str, arch_name: str, hub_cache: str | None, seed: int, quiet: bool) -> None:
    """Write the demo and say what to try."""
    arch = find_arch(arch_name)
    with progress_bar(demo_bytes(arch, hub_cache=hub_cache is not None), 0, "writing", quiet) as bar:
        paths = write_demo(directory, arch.name, hub_cache=hub_cache, seed=seed, progress=bar.wrote)
    if not quiet:
        _say_next(paths, directory)


def _say_next(paths: DemoPaths, directory: str) -> None:
    prefix = f"HF_HOME={paths.cache_home} HF_HUB_OFFLINE=1 " if paths.cache_home else ""
    say(f"wrote {paths.base} and {paths.tuned}" if paths.tuned != paths.base else f"wrote {paths.base}")
    say("try:")
    say(f"  {prefix}mergec explain {paths.recipe_merge}")
    say(f"  {prefix}mergec build {paths.recipe_merge} {directory.rstrip('/')}/out")
