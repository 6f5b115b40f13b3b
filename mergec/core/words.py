"""Names that the merge language keeps for itself, and what a name looks like."""

from __future__ import annotations

import re
from typing import Final

NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

# fmt: off
KEYWORDS: Final = frozenset({
    "model", "param", "let", "merge", "output", "requires", "include",
    "for", "by", "in", "and", "or", "not", "true", "false",
})
"""No parameter of a method can be called so."""

TAKEN: Final = KEYWORDS | {
    "sin", "cos", "exp", "log", "sqrt", "abs", "min", "max", "clamp", "step", "smoothstep", "negate",
    "pi", "e", "depth", "layer", "layers", "curve", "gradient", "stack", "sum", "none", "method",
}
"""No method can be called so."""
# fmt: on
