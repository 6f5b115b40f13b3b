"""Executing a plan: weights in place at planned offsets, side files, one rename at the end."""

from mergec.execute.documents import Provenance
from mergec.execute.meter import Listener
from mergec.execute.run import Destination, preflight, run

__all__ = ["Destination", "Listener", "Provenance", "preflight", "run"]
