"""What the commands share: reading a recipe, and the options that shape its compilation."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, replace

from typer import BadParameter

from mergec.core.units import parse_bytes
from mergec.diagnostics import Code, RecipeError, Report, Source
from mergec.driver import Compiled, Request, compile_recipe

LARGEST_RECIPE_BYTES = 2_000_000


def read_source(path: str, report: Report) -> Source:
    """The text of a recipe; `-` is standard input. Raises RecipeError where there is none to read."""
    if path == "-":
        return Source("<stdin>", _decoded(sys.stdin.buffer.read(LARGEST_RECIPE_BYTES + 1), "<stdin>", report))
    help = "give the path of a .merge file or of a mergekit YAML file"
    if os.path.isdir(path):
        report.error(Code.UNREADABLE_RECIPE, f"`{path}` is a directory, not a recipe", help=help)
    else:
        try:
            with open(path, "rb") as file:
                return Source(path, _decoded(file.read(LARGEST_RECIPE_BYTES + 1), path, report))
        except FileNotFoundError:
            report.error(Code.UNREADABLE_RECIPE, f"there is no file `{path}`", help=_similar(path) or help)
        except OSError as error:
            report.error(Code.UNREADABLE_RECIPE, f"`{path}` cannot be read: {error.strerror}", help=help)
    raise RecipeError(report.diagnostics)


def _decoded(data: bytes, name: str, report: Report) -> str:
    if len(data) > LARGEST_RECIPE_BYTES:
        report.error(Code.TOO_COMPLEX, f"`{name}` is larger than any recipe ({LARGEST_RECIPE_BYTES:,} bytes)")
    elif b"\0" in data:
        report.error(
            Code.UNREADABLE_RECIPE, f"`{name}` is a binary file", help="a recipe is text: .merge or mergekit YAML"
        )
    else:
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError as error:
            message = f"`{name}` is not UTF-8 text (byte {error.start})"
            report.error(Code.UNREADABLE_RECIPE, message, help="save it as UTF-8")
    raise RecipeError(report.diagnostics)


def _similar(path: str) -> str | None:
    from mergec.core.suggest import nearest

    directory = os.path.dirname(path) or "."
    names = (
        [n for n in os.listdir(directory) if n.endswith((".merge", ".yaml", ".yml"))]
        if os.path.isdir(directory)
        else []
    )
    wanted, suffix = os.path.splitext(os.path.basename(path))
    stems = {os.path.splitext(n)[0]: n for n in sorted(names, key=lambda n: (n.endswith(suffix), n))}
    near = nearest(wanted, stems)
    return f"did you mean `{stems[near]}`?" if near else None


def pairs(given: list[str] | None, option: str) -> tuple[tuple[str, str], ...]:
    """`NAME=VALUE` arguments, taken apart. Raises BadParameter for one without `=`."""
    found = []
    for text in given or []:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise BadParameter(f"`{text}` is not of the form NAME=VALUE", param_hint=option)
        found.append((name, value))
    return tuple(found)


def size(text: str, option: str) -> int:
    """A size such as `5GB`. Raises BadParameter."""
    try:
        return parse_bytes(text)
    except ValueError as error:
        raise BadParameter(str(error), param_hint=option) from None


@dataclass(frozen=True, slots=True)
class Choices:
    """The options that shape a compilation, as they are given."""

    settings: list[str] | None = None
    models: list[str] | None = None
    threads: int | None = None
    memory: str | None = None
    shard_size: str | None = None
    device: str = "cpu"
    seed: int = 0


def compiled(path: str, choices: Choices, report: Report) -> Compiled:
    """Compile the recipe at a path. Raises BadParameter for an option that makes no sense."""
    source = read_source(path, report)
    request = Request(
        directory="." if path == "-" else os.path.dirname(path) or ".",
        settings=pairs(choices.settings, "--set"),
        models=dict(pairs(choices.models, "--model")),
        workers=choices.threads,
        memory_bytes=None if choices.memory is None else size(choices.memory, "--memory"),
        device=choices.device,
        seed=choices.seed,
    )
    if choices.shard_size is not None:
        request = replace(request, shard_bytes=size(choices.shard_size, "--shard-size"))
    return compile_recipe(source, request, report)
