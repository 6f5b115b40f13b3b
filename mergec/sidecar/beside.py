"""The files that go with the weights, from the models that give them."""

from __future__ import annotations

import json
from collections.abc import Iterator

from mergec.core.folder import Folder
from mergec.sidecar.files import is_of_tokenizer, is_prompt, side_files

TEMPLATE_FILE = "chat_template.jinja"
_TOKENIZER_CONFIG = "tokenizer_config.json"
_OLD_TEMPLATE_FILE = "chat_template.json"
_LIMIT_BYTES = 10_000_000


def side_contents(donor: Folder, tokenizer: Folder | None, template: str | None) -> Iterator[tuple[str, bytes]]:
    """Names and contents of all side files, by name, as they are in the models that give them.

    tokenizer: gives the tokenizer and its chat templates, in the donor's place. template: the text of the chat
    template, in the place of any other; where tokenizer_config.json holds one too, that is changed.
    """
    sources = {name: donor for name in side_files(donor) if tokenizer is None or not is_of_tokenizer(name)}
    if tokenizer is not None:
        sources |= {name: tokenizer for name in side_files(tokenizer) if is_of_tokenizer(name)}
    if template is not None:
        sources = {name: folder for name, folder in sources.items() if not is_prompt(name)}
        yield TEMPLATE_FILE, template.encode()
    for name in sorted(sources):
        content = sources[name].read(name)
        yield name, with_template(content, template) if name == _TOKENIZER_CONFIG and template is not None else content


def has_tokenizer(folder: Folder) -> bool:
    """Whether a model has files of a tokenizer."""
    return any(is_of_tokenizer(name) and not is_prompt(name) for name in folder.names())


def read_chat_template(folder: Folder) -> str | None:
    """The chat template of a model, wherever it keeps it; None if it has none. Raises MachineFault."""
    if TEMPLATE_FILE in folder.names():
        return folder.read(TEMPLATE_FILE, 0, _LIMIT_BYTES).decode("utf-8", "replace")
    for name in (_TOKENIZER_CONFIG, _OLD_TEMPLATE_FILE):
        if name in folder.names():
            template = _default(_object(folder.read(name, 0, _LIMIT_BYTES)).get("chat_template"))
            if template is not None:
                return template
    return None


def with_template(content: bytes, template: str) -> bytes:
    """A tokenizer_config.json with another chat template; as it is where it has none, or is no JSON object."""
    data = _object(content)
    if "chat_template" not in data:
        return content
    return (json.dumps({**data, "chat_template": template}, indent=2, ensure_ascii=False) + "\n").encode()


def _default(stated: object) -> str | None:
    """The template of that name where there are several, as a list of names and templates."""
    if isinstance(stated, list):
        named = {t.get("name"): t.get("template") for t in stated if isinstance(t, dict)}
        stated = named.get("default")
    return stated if isinstance(stated, str) else None


def _object(content: bytes) -> dict[str, object]:
    try:
        data = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}
