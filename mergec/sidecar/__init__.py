"""The files beside the weights: config.json, tokenizer and other side files, the model card."""

from mergec.sidecar.beside import has_tokenizer, read_chat_template, side_contents
from mergec.sidecar.config import (
    Config,
    execution_keys,
    is_tied,
    layer_counts,
    main_count_keys,
    model_type,
    parse_config,
    quantization,
    read_config,
)
from mergec.sidecar.files import side_files
from mergec.sidecar.repair import ConfigChanges, lost_patterns, repair_config

__all__ = [
    "Config",
    "ConfigChanges",
    "execution_keys",
    "has_tokenizer",
    "is_tied",
    "layer_counts",
    "lost_patterns",
    "main_count_keys",
    "model_type",
    "parse_config",
    "quantization",
    "read_chat_template",
    "read_config",
    "repair_config",
    "side_contents",
    "side_files",
]
