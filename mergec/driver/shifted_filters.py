"""Filters on the names of a model's tensors, as selectors on the names these get in the output."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mergec.syntax import tree

_NUMBER = re.compile(r"(?P<before>(?:.*\.)?(?:layers|layer|h|blocks|block))\.(?P<number>[0-9]+)(?P<after>(?:\..*)?)")


@dataclass(frozen=True, slots=True)
class Range:
    """Layers first up to, not including, end of a model, of which the first becomes the layer `place` of the output.

    end is None for a whole model, whose layers keep their numbers.
    """

    first: int
    end: int | None
    place: int

    @staticmethod
    def of(argument: tree.Expression, place: int) -> Range:
        """The layers that an input of the YAML front end takes."""
        if not isinstance(argument, tree.LayerRange):
            return Range(0, None, 0)
        assert isinstance(argument.first, tree.Number)
        assert isinstance(argument.end, tree.Number)
        return Range(int(argument.first.value), int(argument.end.value), place)

    @property
    def back(self) -> Range:
        """From the output to the model."""
        return self if self.end is None else Range(self.place, self.place + len(self), self.first)

    @property
    def of_output(self) -> Range:
        """The same layers by their numbers in the output."""
        return self if self.end is None else Range(self.place, self.place + len(self), self.place)

    def __len__(self) -> int:
        return 0 if self.end is None else self.end - self.first

    @property
    def shift(self) -> int:
        """What is added to the number of a layer."""
        return 0 if self.end is None else self.place - self.first


def shifted(filter: tree.Contains, layers: Range) -> tuple[tree.Selector, ...] | None:
    """A selector for the same tensors by their names in the output, if there are such; None if it cannot be said."""
    if not layers.shift or not re.search("[0-9]", filter.text):
        return (filter,)
    found = _NUMBER.fullmatch(filter.text)
    if found is None:
        return None if _may_count_layers(filter.text) else (filter,)
    if re.search("[0-9]", found["before"]) or layers.end is None:
        return None
    number, is_whole = found["number"], bool(found["after"])
    fits = [n for n in range(layers.first, layers.end) if (str(n) == number if is_whole else str(n).startswith(number))]
    return _selector(found["before"], [n + layers.shift for n in fits], found["after"] or ".", filter)


def _selector(before: str, numbers: list[int], after: str, filter: tree.Contains) -> tuple[tree.Selector, ...]:
    """What matches names that hold `before`, one of the numbers, and `after`."""
    if len(numbers) == 1 and not re.search(r"[*?]", filter.text):
        return (tree.Glob(f"*{before}.{numbers[0]}{after}*", filter.span),)
    pattern = f"{re.escape(before)}\\.(?:{'|'.join(map(str, numbers))}){re.escape(after)}"
    return (tree.Regex(pattern, filter.span),) if numbers else ()


def _may_count_layers(text: str) -> bool:
    """Whether a number in a text may be that of a layer: it has no word before it, or one that is used for layers."""
    words = [match[1] for match in re.finditer(r"(?<![0-9])([A-Za-z_]*)\.?[0-9]+", text)]
    return any(word in ("", "layers", "layer", "h", "blocks", "block") for word in words)
