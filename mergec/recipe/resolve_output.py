"""The output of a recipe: which merge, and what its settings say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from mergec.core.dtype import OUTPUT_NAMES, DType
from mergec.core.suggest import did_you_mean
from mergec.core.units import parse_bytes
from mergec.diagnostics import Code, Label, Report, Span
from mergec.recipe.model import CardWords, DropRule, Merge, ModelUse, Node, Output, Slice, Stack
from mergec.recipe.names import Names, unknown_name
from mergec.syntax import tree

SETTINGS = (
    *("dtype", "donor", "drop", "tokenizer", "chat_template", "shard_size"),
    *("title", "license", "language", "tag"),
)
_ELSEWHERE = {
    "out_dtype": "write `dtype`: mergec has one, that of the output",
    "compute": "mergec computes in float32, and in float64 for inputs of float64; `dtype` is what is written",
    "tokenizer_source": "write `tokenizer = MODEL`",
    "base_model": "the base stands in the merge: `base = NAME`; `donor = NAME` gives config and tokenizer",
    "seed": "give it to the command: `mergec build --seed N`",
    "metadata": "`title`, `license`, `language` and `tag` go into the model card",
    "tags": 'write `tag = "…"`, as often as you like',
    "languages": 'write `language = "…"`, as often as you like',
}
_DTYPES = {"bf16": "bfloat16", "fp16": "float16", "half": "float16", "fp32": "float32", "float": "float32"}
_LICENSE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+_-]*")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]+)*|multilingual|code")


def find_output(document: tree.Document, names: Names, report: Report) -> tree.OutputStatement | None:
    """The `output` of a recipe, or that of its only merge where none is written."""
    written = [s for s in document.statements if isinstance(s, tree.OutputStatement)]
    if len(written) > 1:
        report.error(
            Code.NO_OUTPUT,
            "a recipe has one output",
            written[1].name.span,
            also=(Label(written[0].name.span, "the first one"),),
            help="remove one of them",
        )
    if written:
        if written[0].name.text in names.merges:
            return written[0]
        name = written[0].name
        if name.text in names.statements:
            help = "give what is to be written a name with `merge`: `merge NAME = …`, `output NAME`"
            report.error(Code.UNKNOWN_NAME, f"`{name.text}` is not a merge", name.span, help=help)
        else:
            unknown_name(name.text, name.span, tuple(names.merges), "a merge", report)
        return None
    if len(names.merges) == 1:
        (merge,) = names.merges.values()
        return tree.OutputStatement(merge.name, (), merge.name.span)
    if names.merges:
        labels = tuple(Label(m.name.span) for m in names.merges.values())
        help = f"add a line such as `output {list(names.merges)[-1]}`"
        report.error(Code.NO_OUTPUT, "which merge is to be written?", also=labels, help=help)
    elif not any(isinstance(s, tree.MergeStatement) for s in document.statements):
        help = "add `merge NAME = slerp(a, b) { t = 0.5 }`"
        report.error(Code.NO_OUTPUT, "the recipe merges nothing", Span(document.source, 0, 0), help=help)
    return None


def resolve_output(statement: tree.OutputStatement, root: Node | None, names: Names, report: Report) -> Output:
    """What the settings of an output say; `root` is the merge to write."""
    settings = _Settings(names, report)
    for name, value in statement.settings:
        settings.read(name, value)
    donor = settings.models.get("donor")
    return Output(
        name=statement.name.text,
        dtype=settings.dtype,
        donor=donor.model if donor is not None else _first_model(root) if root is not None else 0,
        drop=tuple(settings.drop),
        tokenizer=settings.models.get("tokenizer"),
        chat_template=settings.models.get("chat_template") or settings.template,
        shard_bytes=settings.shard_bytes,
        card=_card(settings.words),
    )


def _card(words: Mapping[str, list[str]]) -> CardWords:
    title, license, languages, tags = (tuple(words.get(key, ())) for key in ("title", "license", "language", "tag"))
    return CardWords(title[0] if title else None, license[0] if license else None, languages, tags)


@dataclass(slots=True)
class _Settings:
    """The settings read so far. words: what goes into the card, by the names of the settings."""

    names: Names
    report: Report
    dtype: DType | None = None
    shard_bytes: int | None = None
    template: str | None = None
    drop: list[DropRule] = field(default_factory=list)
    models: dict[str, ModelUse] = field(default_factory=dict)
    words: dict[str, list[str]] = field(default_factory=dict)

    def read(self, name: tree.Name, value: tree.Expression) -> None:
        """Note one setting, or report what is wrong with it."""
        match name.text:
            case "dtype":
                self.dtype = _dtype(value, self.report)
            case "donor" | "tokenizer":
                self._model(name.text, value)
            case "chat_template":
                self._chat_template(value)
            case "drop":
                pattern = self._text(value, '`drop` is a glob of tensor names, such as `"v_head.*"`')
                self.drop += [DropRule(pattern, value.span)] if pattern is not None else []
            case "shard_size":
                self._shard_size(value)
            case "title" | "license" | "language" | "tag":
                self._word(name.text, value)
            case other:
                listed = f"settings: {', '.join(SETTINGS)}"
                help = _ELSEWHERE.get(other) or did_you_mean(other, SETTINGS, listed)
                self.report.error(Code.UNKNOWN_KEY, f"an output has no setting `{other}`", name.span, help=help)

    def _text(self, value: tree.Expression, otherwise: str) -> str | None:
        if isinstance(value, tree.Text):
            return value.value
        self.report.error(Code.BAD_VALUE, otherwise, value.span)
        return None

    def _model(self, setting: str, value: tree.Expression) -> None:
        if isinstance(value, tree.NameUse) and value.text in self.names.models:
            self.models[setting] = ModelUse(self.names.models[value.text], None, None, value.span)
        else:
            unknown_name(value.span.text, value.span, tuple(self.names.models), "a model", self.report)

    def _chat_template(self, value: tree.Expression) -> None:
        if not isinstance(value, tree.Text):
            self._model("chat_template", value)
        elif "{{" not in value.value and "{%" not in value.value:
            message = "this is no chat template: it says nothing of the messages"
            help = 'name the model whose template is to be taken, or write a template of Jinja: `"{% for … %}…"`'
            self.report.error(Code.BAD_VALUE, message, value.span, help=help)
        else:
            self.template = value.value

    def _shard_size(self, value: tree.Expression) -> None:
        text = self._text(value, '`shard_size` is a size such as `"5GB"`')
        if text is None:
            return
        try:
            self.shard_bytes = parse_bytes(text)
        except ValueError as error:
            self.report.error(Code.BAD_VALUE, str(error), value.span)

    def _word(self, setting: str, value: tree.Expression) -> None:
        examples = {"title": "My merge", "license": "apache-2.0", "language": "en", "tag": "chat"}
        otherwise = f'`{setting}` is a text such as `"{examples[setting]}"`'
        text = self._text(value, otherwise)
        if text is None:
            return
        rules = {"license": _LICENSE, "language": _LANGUAGE}
        suits = rules[setting].fullmatch(text) if setting in rules else text.strip() and text.isprintable()
        if suits:
            self.words.setdefault(setting, []).append(text)
        else:
            helps = {"license": "the Hub's short name of a licence", "language": "the short code of a language"}
            help = helps.get(setting, "one line of text")
            self.report.error(Code.BAD_VALUE, otherwise, value.span, help=f"write {help}")


def _dtype(value: tree.Expression, report: Report) -> DType | None:
    name = value.text if isinstance(value, tree.NameUse) else value.value if isinstance(value, tree.Text) else ""
    if name in OUTPUT_NAMES:
        return OUTPUT_NAMES[name]
    listed = f"choose one of {', '.join(OUTPUT_NAMES)}"
    help = f"did you mean `{_DTYPES[name]}`?" if name in _DTYPES else did_you_mean(name, OUTPUT_NAMES, listed)
    report.error(Code.BAD_DTYPE, f"`{value.span.text}` is not a dtype of an output", value.span, help=help)
    return None


def _first_model(node: Node) -> int:
    match node:
        case ModelUse():
            return node.model
        case Slice():
            return _first_model(node.node)
        case Stack():
            return _first_model(node.parts[0])
        case Merge():
            return _first_model(node.base or node.inputs[0])
