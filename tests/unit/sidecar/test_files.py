from __future__ import annotations

from mergec.sidecar import side_files
from tests.support.folders import MemoryFolder

COPIED = (
    "LICENSE",
    "LICENSE.txt",
    "Notice",
    "USE_POLICY.md",
    "added_tokens.json",
    "additional_chat_templates/tool_use.jinja",
    "chat_template.jinja",
    "chat_template.json",
    "generation_config.json",
    "merges.txt",
    "normalizer.json",
    "preprocessor_config.json",
    "processor_config.json",
    "qwen.tiktoken",
    "sentencepiece.bpe.model",
    "special_tokens_map.json",
    "spiece.model",
    "tekken.json",
    "tokenizer.json",
    "tokenizer.model",
    "tokenizer.model.v3",
    "tokenizer_config.json",
    "video_preprocessor_config.json",
    "vocab.json",
    "vocab.txt",
)
LEFT = (
    ".gitattributes",
    "README.md",
    "additional_chat_templates/code.py",
    "config.json",
    "license_check.py",
    "model-00001-of-00002.safetensors",
    "model.safetensors",
    "model.safetensors.index.json",
    "modeling_custom.py",
    "onnx/tokenizer.json",
    "original/tokenizer.model",
    "pytorch_model.bin",
    "tokenizer.bin",
    "tokenization_custom.py",
    "training_args.bin",
)


def test_side_files() -> None:
    folder = MemoryFolder(dict.fromkeys((*LEFT, *COPIED), b""))
    assert side_files(folder) == tuple(sorted(COPIED))


def test_a_folder_without_any() -> None:
    assert side_files(MemoryFolder(dict.fromkeys(LEFT, b""))) == ()
