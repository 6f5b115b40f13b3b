"""The files beside the weights that a merge copies as they are."""

from __future__ import annotations

from fnmatch import fnmatchcase

from mergec.core.folder import Folder

TOKENIZERS = (
    "tokenizer*.json",
    "tokenizer.model*",
    "*tokenizer*.model",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab*.json",
    "vocab*.txt",
    "merges.txt",
    "bpe.codes",
    "dict.txt",
    "emoji.json",
    "tekken.json",
    "spiece.model",
    "spm.model",
    "sentencepiece*.model",
    "*.spm",
    "*.tiktoken",
    "normalizer.json",
)
PROMPTS = (
    "chat_template.jinja",
    "chat_template.json",
    "additional_chat_templates/*.jinja",
)
OTHERS = (
    "generation_config.json",
    "preprocessor_config.json",
    "processor_config.json",
    "video_preprocessor_config.json",
    "image_processor_config.json",
    "audio_tokenizer_config.json",
)
LICENCES = ("license*", "licence*", "notice*", "copying*", "use_policy*")
"""In any case of letters."""

_NEVER = ("*.py", "*.safetensors", "*.bin", "*.pt", "*.pth", "*.gguf", "*.index.json", "readme*")


def is_prompt(name: str) -> bool:
    """Whether a side file is a chat template."""
    return any(fnmatchcase(name, p) for p in PROMPTS)


def is_of_tokenizer(name: str) -> bool:
    """Whether a side file goes with the tokenizer, as chat templates do."""
    return is_prompt(name) or any(fnmatchcase(name, p) for p in TOKENIZERS)


def side_files(folder: Folder) -> tuple[str, ...]:
    """The files of a donor that go with its weights, sorted: tokenizer, chat templates, processors, licences.

    Weights, code, the model card and config.json are not among them.
    """
    return tuple(name for name in sorted(folder.names()) if _is_side_file(name))


def _is_side_file(name: str) -> bool:
    lowered = name.lower()
    if any(fnmatchcase(lowered, pattern) for pattern in _NEVER):
        return False
    if "/" in name and (not name.startswith("additional_chat_templates/") or ".." in name):
        return False
    goes = is_of_tokenizer(name) or any(fnmatchcase(name, p) for p in OTHERS)
    return goes or any(fnmatchcase(lowered, p) for p in LICENCES)
