"""Finding what the user may have meant."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name closest to `name`, if one is close; ties go to the first in sorted order."""
    from difflib import get_close_matches

    candidates = sorted(set(known))
    lowered = {c.lower(): c for c in reversed(candidates)}
    if name.lower() in lowered:
        return lowered[name.lower()]
    found = get_close_matches(name, candidates, n=1, cutoff=0.6)
    return found[0] if found else None


def did_you_mean(name: str, known: Iterable[str], otherwise: str | None = None) -> str | None:
    """A help line: the nearest known name, or `otherwise`."""
    near = nearest(name, known)
    return f"did you mean `{near}`?" if near else otherwise
