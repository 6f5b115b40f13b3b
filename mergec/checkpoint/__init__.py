"""Checkpoints: which files hold a model's weights, and which tensors are in them."""

from mergec.checkpoint.anatomy import infer_anatomy
from mergec.checkpoint.catalog import Checkpoint, WeightFile, natural_key
from mergec.checkpoint.header import BadHeader, Header, header_extent, parse_header
from mergec.checkpoint.open import open_checkpoint
from mergec.core.local import LocalFolder

__all__ = [
    "BadHeader",
    "Checkpoint",
    "Header",
    "LocalFolder",
    "WeightFile",
    "header_extent",
    "infer_anatomy",
    "natural_key",
    "open_checkpoint",
    "parse_header",
]
