"""What the tests of a plugin need: `MethodSuite`, and in `strategies` what hypothesis draws from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mergec.testing.suite import MethodSuite

__all__ = ["MethodSuite"]


def __getattr__(name: str) -> Any:
    """`mergec demo` imports this package too, where there may be no pytest, and should start at once."""
    if name == "MethodSuite":
        from mergec.testing.suite import MethodSuite

        return MethodSuite
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
