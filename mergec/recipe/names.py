"""The names a recipe declares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mergec.core.suggest import did_you_mean
from mergec.diagnostics import Code, Label, Report, Span
from mergec.recipe.values import CONSTANTS, FUNCTIONS, PLACES
from mergec.syntax import tree

RESERVED = frozenset({*FUNCTIONS, *CONSTANTS, *PLACES, "curve", "gradient", "stack", "none"})


Declaration = tree.ModelStatement | tree.ParamStatement | tree.LetStatement | tree.MergeStatement


@dataclass(frozen=True, slots=True)
class Names:
    """Declarations by name: all of them, and those of each kind; models by their numbers."""

    statements: Mapping[str, Declaration]
    models: Mapping[str, int]
    model_statements: tuple[tree.ModelStatement, ...]
    params: Mapping[str, tree.ParamStatement]
    lets: Mapping[str, tree.LetStatement]
    merges: Mapping[str, tree.MergeStatement]

    @property
    def values(self) -> tuple[str, ...]:
        """Everything that can stand where a number is wanted."""
        return (*self.params, *self.lets, *CONSTANTS, *PLACES)


def declare(document: tree.Document, report: Report) -> Names:
    """Collect the declarations; a name declared twice, or one the language owns, is an error."""
    seen: dict[str, Span] = {}
    found: dict[str, Declaration] = {}
    for statement in document.statements:
        if isinstance(statement, tree.OutputStatement | tree.RequiresStatement):
            continue
        if isinstance(statement, tree.IncludeStatement):
            message = "what this recipe includes is not to be had here"
            report.error(Code.UNREADABLE_RECIPE, message, statement.span, help="write it into the recipe")
            continue
        name = statement.name
        if name.text in RESERVED:
            report.error(Code.DUPLICATE_NAME, f"`{name.text}` is a word of the language", name.span, "choose another")
        elif name.text in seen:
            report.error(
                Code.DUPLICATE_NAME,
                f"`{name.text}` is declared twice",
                name.span,
                "declared again here",
                also=(Label(seen[name.text], "first declared here"),),
                help="a name has one meaning in a recipe; rename one of the two",
            )
        else:
            seen[name.text] = name.span
            found[name.text] = statement
    return _tables(found)


def _tables(found: Mapping[str, Declaration]) -> Names:
    kept = tuple(s for s in found.values() if isinstance(s, tree.ModelStatement))
    return Names(
        statements=found,
        models={m.name.text: i for i, m in enumerate(kept)},
        model_statements=kept,
        params={n: s for n, s in found.items() if isinstance(s, tree.ParamStatement)},
        lets={n: s for n, s in found.items() if isinstance(s, tree.LetStatement)},
        merges={n: s for n, s in found.items() if isinstance(s, tree.MergeStatement)},
    )


def unknown_name(
    name: str,
    span: Span,
    known: tuple[str, ...],
    what: str,
    report: Report,
    also: tuple[str, ...] = (),
    meant: str | None = None,
) -> None:
    """Report a name that stands for nothing that fits, with the one that is meant, or else the nearest one that does.

    also: names that fit and are not listed.
    """
    listed = ", ".join(f"`{k}`" for k in known[:8])
    otherwise = f"known here: {listed}" if listed else None
    message = f"`{name}` is not {what}"
    help = f"did you mean `{meant}`?" if meant else did_you_mean(name, (*known, *also), otherwise)
    report.error(Code.UNKNOWN_NAME, message, span, "not known here", help=help)
