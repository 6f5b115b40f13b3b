"""What a plugin may say of an architecture whose tensor names do not explain themselves."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Architecture:
    """Naming rules for some `model_type`s.

    stacks: prefixes that a layer index follows, outermost index only, such as `model.layers.`.
    main: the stack that layer ranges count, one of `stacks`; None if there is no such one.
    after: globs of tensor names that come after the layers (final norm, head).
    roles: role and glob pairs that add to the roles read off the names.
    """

    name: str
    model_types: tuple[str, ...]
    stacks: tuple[str, ...] = ()
    main: str | None = None
    after: tuple[str, ...] = ()
    roles: tuple[tuple[str, str], ...] = ()
