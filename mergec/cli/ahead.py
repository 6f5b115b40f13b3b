"""What a build can begin before its recipe is read."""

from __future__ import annotations

from contextlib import suppress

_NEEDS_NO_TORCH = b"passthrough"


def load_torch_for(recipe: str) -> None:
    """Begin to load torch, unless the recipe may do without: one that says `passthrough` may only copy."""
    with suppress(OSError, ValueError), open(recipe, "rb") as file:
        if _NEEDS_NO_TORCH in file.read():
            return
        from mergec.backends import load_torch_ahead

        load_torch_ahead()
