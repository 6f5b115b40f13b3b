"""The merge methods that ship with mergec, provided through the same entry point as anyone's."""

from mergec.api import MethodAt, hookimpl

MODULES = {
    "arcee_fusion": ("arcee_fusion",),
    "breadcrumbs": ("breadcrumbs", "breadcrumbs_ties"),
    "cart": ("average", "cart"),
    "consensus": ("consensus",),
    "dare": ("dare_linear", "dare_ties"),
    "della": ("della", "della_linear"),
    "geometric_median": ("geometric_median",),
    "isotropic": ("iso_c", "iso_cts"),
    "karcher": ("karcher",),
    "linear": ("lerp", "linear"),
    "lines": ("lines",),
    "model_stock": ("model_stock",),
    "multislerp": ("multislerp",),
    "nearswap": ("nearswap",),
    "nuslerp": ("nuslerp",),
    "passthrough": ("passthrough",),
    "pcb": ("pcb",),
    "ram": ("ram", "ramplus_tl"),
    "sce": ("sce",),
    "slerp": ("slerp",),
    "spectral": ("as_merged", "average_deltas"),
    "subspace_boosting": ("subspace_boosting",),
    "svc": ("svc",),
    "task_arithmetic": ("expo", "task_arithmetic"),
    "ties": ("ties",),
    "ties_global": ("ties_global",),
    "tsv": ("tsv",),
    "wudi": ("wudi",),
}
"""Of each module, the methods in it; each is an attribute, in capitals."""


@hookimpl
def mergec_methods() -> tuple[MethodAt, ...]:
    """Every first-party method, each imported when it is asked for."""
    return tuple(
        MethodAt(name, f"mergec_methods.{module}:{name.upper()}") for module, names in MODULES.items() for name in names
    )
