"""The model card of the output, and what the inputs' cards say of licence and language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from mergec.core.folder import Folder
from mergec.sidecar.front_matter import read_front_matter, write_front_matter

FILE = "README.md"
_LIMIT_BYTES = 1_000_000
_HUB_ID = re.compile(r"^[A-Za-z0-9][\w.-]*(?:/[A-Za-z0-9_][\w.-]*)?\Z", re.ASCII)
_ABSOLUTE = re.compile(r"^(?:[/~\\]|[A-Za-z]:[\\/]|file:)")
_ROOT = r"(?:file://)?(?:~?/|[A-Za-z]:[\\/])"
_QUOTED_PATH = re.compile(rf"""(["']){_ROOT}(?:[^"'\\/\n]+[\\/])+([^"'\\/\n]+)[\\/]?\1""")
_BARE_PATH = re.compile(rf"([:=,(\[+-]\s*){_ROOT}(?:[\w.@-]+[\\/])+([\w.@-]+)[\\/]?")


@dataclass(frozen=True, slots=True)
class CardMeta:
    """What a model's card says of its licence and language; nothing where it is silent or unclear."""

    license: str | None = None
    license_name: str | None = None
    license_link: str | None = None
    languages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CardModel:
    """An input: the reference as the recipe writes it, its Hub id and commit if it has them, and what its card says.

    is_merged: whether weights come from it, and not only files beside them.
    """

    name: str
    hub_id: str | None = None
    revision: str | None = None
    meta: CardMeta = CardMeta()
    is_merged: bool = True


@dataclass(frozen=True, slots=True)
class CardMethod:
    """A merge method, a line on what it does, and where it comes from."""

    name: str
    summary: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class CardFacts:
    """What a model card tells.

    title: the output's name. recipe_name: a file name. recipe_language: the word after the fence, such as `yaml`.
    dtype: by torch's name. version: mergec's. options: of the command that built it.
    license, languages, tags: what the recipe says of them; licence and language else come from the models' cards.
    """

    title: str
    models: tuple[CardModel, ...]
    methods: tuple[CardMethod, ...]
    recipe_name: str
    recipe_text: str
    version: str
    dtype: str | None = None
    recipe_language: str = ""
    options: tuple[str, ...] = ()
    license: str | None = None
    languages: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


def read_card_facts(folder: Folder) -> CardMeta:
    """Licence and language from a model's card. A card that is missing, too large or garbled says nothing."""
    try:
        text = folder.read(FILE, 0, _LIMIT_BYTES).decode("utf-8", "replace")
    except FileNotFoundError:
        return CardMeta()
    stated = dict(read_front_matter(text))

    def only(key: str) -> str | None:
        values = stated.get(key, ())
        return values[0] if len(values) == 1 else None

    return CardMeta(only("license"), only("license_name"), only("license_link"), stated.get("language", ()))


def render_card(facts: CardFacts) -> str:
    """The text of README.md: front matter, what was merged and how, the recipe, how to build it again.

    It names models by their Hub ids; of a path on this machine it shows the last part only, in the recipe too.
    """
    sections = (_introduction(facts), _models(facts), _methods(facts), _recipe(facts), _reproduce(facts))
    return write_front_matter(tuple(_entries(facts))) + "\n" + "\n\n".join(sections) + "\n"


def without_local_paths(text: str, names: tuple[str, ...] = ()) -> str:
    """A recipe's text with the absolute paths in it, and those among `names`, cut down to their last parts."""
    for name in sorted(filter(_ABSOLUTE.match, names), key=len, reverse=True):
        text = text.replace(name, _last_part(name))
    return _BARE_PATH.sub(r"\1\2", _QUOTED_PATH.sub(r"\1\2\1", text))


def _entries(facts: CardFacts) -> Iterator[tuple[str, str | tuple[str, ...]]]:
    ids = tuple(dict.fromkeys(m.hub_id for m in facts.models if m.is_merged and m.hub_id and _HUB_ID.match(m.hub_id)))
    if ids:
        yield "base_model", ids
        yield "base_model_relation", "merge"
    yield "library_name", "transformers"
    yield "tags", tuple(dict.fromkeys(("merge", "mergec", *facts.tags)))
    metas = {model.meta for model in facts.models}
    stated = {(meta.license, meta.license_name, meta.license_link) for meta in metas}
    yield from _license(stated if facts.license is None else {(facts.license, None, None)})
    languages = {tuple(sorted(meta.languages)) for meta in metas}
    if facts.languages:
        yield "language", facts.languages
    elif len(languages) == 1 and () not in languages:
        yield "language", facts.models[0].meta.languages


def _license(stated: set[tuple[str | None, str | None, str | None]]) -> Iterator[tuple[str, str]]:
    """The licence if it is one and the same; the name and link are for licences the Hub does not know."""
    license, name, link = next(iter(stated)) if len(stated) == 1 else (None, None, None)
    if license is not None:
        yield "license", license
        yield from (("license_name", name),) if name else ()
        yield from (("license_link", link),) if link and not _ABSOLUTE.match(link) else ()


def _introduction(facts: CardFacts) -> str:
    cast = f", in {_code(facts.dtype)}" if facts.dtype else ""
    merged = sum(model.is_merged for model in facts.models)
    count = f"{merged} models" if merged != 1 else "one model"
    title = _line(_shown(facts.title))
    return f"# {title}\n\nA merge of {count}{cast}, made with mergec {facts.version}."


def _models(facts: CardFacts) -> str:
    lines = [f"- {_link(m)}{'' if m.is_merged else ', for files beside the weights'}" for m in facts.models]
    return "\n".join(("## Models", "", *lines))


def _link(model: CardModel) -> str:
    if not model.hub_id or not _HUB_ID.match(model.hub_id):
        return f"{_code(_shown(model.name))} (local)"
    at = f" at {_code(model.revision)}" if model.revision else ""
    return f"[{model.hub_id}](https://huggingface.co/{model.hub_id}){at}"


def _methods(facts: CardFacts) -> str:
    lines = []
    for method in facts.methods:
        summary = f": {_line(method.summary)}" if method.summary else ""
        source = f" ({_line(method.source)})" if method.source else ""
        lines.append(f"- {_code(method.name)}{summary}{source}")
    return "\n".join(("## Method" if len(lines) == 1 else "## Methods", "", *lines))


def _recipe(facts: CardFacts) -> str:
    text = without_local_paths(facts.recipe_text, tuple(model.name for model in facts.models)).rstrip("\n")
    fence = _fence(text)
    return f"## Recipe\n\n{_code(_last_part(facts.recipe_name))}:\n\n{fence}{facts.recipe_language}\n{text}\n{fence}"


def _reproduce(facts: CardFacts) -> str:
    build = " ".join(("mergec build", _last_part(facts.recipe_name), "out/", *facts.options))
    command = f"pip install mergec=={facts.version}\n{build}"
    same = "The same recipe, inputs and versions, which `mergec.lock.json` lists, give the same bytes."
    return f"## How to build it again\n\n```sh\n{command}\n```\n\n{same}"


def _fence(text: str) -> str:
    """Backticks enough that none in the text ends the block."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    return "`" * max(3, longest + 1)


def _code(text: str) -> str:
    """Inline code; a backtick in it would end it."""
    return "`" + _line(text).replace("`", "'") + "`"


def _line(text: str) -> str:
    return " ".join(text.split())


def _shown(name: str) -> str:
    return _last_part(name) if _ABSOLUTE.match(name) else name


def _last_part(path: str) -> str:
    return re.split(r"[\\/]", path.rstrip("\\/"))[-1] or "local"
