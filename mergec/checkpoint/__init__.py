"""Checkpoints: which files hold a model's weights, and which tensors are in them."""

from mergec.checkpoint.anatomy import infer_anatomy
from mergec.checkpoint.catalog import Checkpoint, WeightFile, natural_key
from mergec.checkpoint.header import BadHeader, Header, Headers, header_extent, parse_header
from mergec.checkpoint.layout import DEFAULT_SHARD_BYTES, Shard, lay_out, weight_index
from mergec.checkpoint.open import open_checkpoint
from mergec.core.local import LocalFolder

__all__ = [
    "DEFAULT_SHARD_BYTES",
    "BadHeader",
    "Checkpoint",
    "Header",
    "Headers",
    "LocalFolder",
    "Shard",
    "WeightFile",
    "header_extent",
    "infer_anatomy",
    "lay_out",
    "natural_key",
    "open_checkpoint",
    "parse_header",
    "weight_index",
]
