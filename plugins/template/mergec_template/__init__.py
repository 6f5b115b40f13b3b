"""Merge methods of my own: one of each pattern and a plain function, to be copied and changed."""

from mergec.api import Method, hookimpl
from mergec_template.blend import NLERP
from mergec_template.elementwise import THRESHOLD
from mergec_template.plain import WITHOUT_EXTREMES
from mergec_template.rows import ROW_LENGTH
from mergec_template.whole import LOW_RANK


@hookimpl
def mergec_methods() -> list[Method]:
    """What this package provides; mergec finds it by the entry point in pyproject.toml."""
    return [NLERP, THRESHOLD, ROW_LENGTH, LOW_RANK, WITHOUT_EXTREMES]
