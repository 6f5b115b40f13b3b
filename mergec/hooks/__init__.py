"""Plugins: finding, loading and checking them."""

from mergec.hooks.defects import defects_of
from mergec.hooks.describe import call_of, facts_of, signature_of
from mergec.hooks.host import load_plugins
from mergec.hooks.requirements import check_requirement
from mergec.hooks.tables import Failure, Plugins, Provided, Provider

__all__ = [
    "Failure",
    "Plugins",
    "Provided",
    "Provider",
    "call_of",
    "check_requirement",
    "defects_of",
    "facts_of",
    "load_plugins",
    "signature_of",
]
