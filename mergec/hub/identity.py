"""Names of models on the Hub."""

from __future__ import annotations

import re

_PART = r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,94}[A-Za-z0-9_])?"
_HUB_ID = re.compile(rf"(?:{_PART}/)?{_PART}")


def is_hub_id(reference: str) -> bool:
    """Whether the Hub could have a model `reference`: `org/name` or `name`, and nothing that looks like a path."""
    return (
        _HUB_ID.fullmatch(reference) is not None
        and "--" not in reference
        and ".." not in reference
        and not reference.endswith(".git")
    )
