"""The files beside the weights: config.json, tokenizer and other side files, the model card."""

from mergec.sidecar.config import (
    Config,
    execution_keys,
    is_tied,
    layer_counts,
    model_type,
    parse_config,
    quantization,
    read_config,
)

__all__ = [
    "Config",
    "execution_keys",
    "is_tied",
    "layer_counts",
    "model_type",
    "parse_config",
    "quantization",
    "read_config",
]
