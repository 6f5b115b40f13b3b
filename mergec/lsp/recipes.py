"""Which documents are recipes: an editor offers every YAML file that it opens."""

from __future__ import annotations

import re

from mergec.diagnostics import Source

_MERGEKIT = re.compile(r"^[\"']?(?:merge_method|slices|models|base_model)[\"']?[ \t]*:", re.MULTILINE)
_METHOD = re.compile(r"^[\"']?merge_method[\"']?[ \t]*:", re.MULTILINE)


def is_recipe(source: Source) -> bool:
    """Every `.merge` file; of the YAML files those that say `merge_method`, or begin with another key of mergekit's."""
    if source.name.lower().endswith(".merge"):
        return True
    first = _MERGEKIT.search(source.text)
    return _METHOD.search(source.text) is not None or (first is not None and not source.text[: first.start()].strip())
