"""Names of element types as mergekit recipes give them."""

from __future__ import annotations

from mergec.core.dtype import OUTPUT_NAMES
from mergec.core.suggest import nearest
from mergec.diagnostics import Code, Report
from mergec.syntax.tree import Name, NameUse
from mergec.syntax.yaml_keys import given
from mergec.syntax.yaml_nodes import Mapping, shown
from mergec.syntax.yaml_scalars import text_of

_ALIASES = {
    "bf16": "bfloat16",
    "fp16": "float16",
    "f16": "float16",
    "half": "float16",
    "fp32": "float32",
    "f32": "float32",
    "float": "float32",
    "single": "float32",
    "fp64": "float64",
    "f64": "float64",
    "double": "float64",
}


def output_dtype_of(mapping: Mapping, report: Report) -> tuple[Name, NameUse] | None:
    """`out_dtype`, or else `dtype`: the key and the type's canonical name. Both are checked."""
    found = [_dtype_of(mapping, key, report) for key in ("out_dtype", "dtype")]
    return next((dtype for dtype in found if dtype is not None), None)


def _dtype_of(mapping: Mapping, key: str, report: Report) -> tuple[Name, NameUse] | None:
    entry = given(mapping, key)
    text = text_of(entry, report) if entry else None
    if entry is None or text is None:
        return None
    name = text.value.removeprefix("torch.")
    if name in OUTPUT_NAMES:
        return Name(key, entry.key.span), NameUse(name, text.span)
    report.error(
        Code.BAD_DTYPE, f"`{shown(text.value)}` is not a dtype mergec writes", text.span, help=_remedy(name, key)
    )
    return None


def _remedy(name: str, key: str) -> str:
    if name == "auto":
        return f"to keep the dtype of the models, leave `{key}` out"
    meant = _ALIASES.get(name.lower()) or (nearest(name, OUTPUT_NAMES) if len(name) < 20 else None)
    if meant and name != "int64":
        return f"did you mean `{meant}`?"
    return "choose one of " + ", ".join(f"`{known}`" for known in OUTPUT_NAMES)
