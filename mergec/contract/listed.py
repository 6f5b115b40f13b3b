"""A method that a plugin names and has not loaded."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MethodAt:
    """Where a method is found, for a plugin of many: its module is imported when the method is asked for.

    name: that of the method. where: module and attribute, such as `mergec_mine.median:MEDIAN`.
    """

    name: str
    where: str
