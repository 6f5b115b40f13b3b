"""The command line. Each command reads, calls one thing, prints, and leaves with a code."""

from __future__ import annotations

import gc
import sys
from typing import Annotated

import typer

from mergec import __version__
from mergec.cli.console import prepare_streams
from mergec.cli.guard import Exit, Interrupted, guarded, heed_signals
from mergec.diagnostics import Report

app = typer.Typer(
    name="mergec",
    help="A compiler for merges of neural-network checkpoints: explain a recipe, then build it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)

DEVICES = ("auto", "cpu", "cuda")

Recipe = Annotated[str, typer.Argument(help="A .merge file, a mergekit YAML file, or - for standard input.")]
Set = Annotated[list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Set a `param` of the recipe.")]
ModelMap = Annotated[
    list[str] | None, typer.Option("--model", metavar="REF=DIR", help="Use a directory for a model reference.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors and results.")]
Threads = Annotated[int | None, typer.Option("--threads", "-j", min=1, max=256, help="Threads, or processes.")]
ShardSize = Annotated[str | None, typer.Option("--shard-size", metavar="SIZE", help="Largest weight file, as 5GB.")]
Memory = Annotated[str | None, typer.Option("--memory", metavar="SIZE", help="Memory for tensors, as 2GiB.")]
Device = Annotated[str, typer.Option("--device", help="cpu, cuda, or auto: a GPU where there is one.")]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Of methods that draw random numbers.")]
Format = Annotated[str, typer.Option("--format", help="text or json.")]
ExplainFormat = Annotated[str, typer.Option("--format", help="text, json, html or csv.")]
Output = Annotated[str | None, typer.Option("--output", "-o", metavar="FILE", help="Write the result to a file.")]


def _version(asked: bool) -> None:
    if asked:
        print(f"mergec {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """A compiler for merges of neural-network checkpoints: explain a recipe, then build it."""


def _one_of(given: str, *known: str, option: str = "--format") -> str:
    if given not in known:
        choices = " or ".join(filter(None, (", ".join(known[:-1]), known[-1])))
        raise typer.BadParameter(f"choose {choices}", param_hint=option)
    return given


@app.command()
def explain(
    recipe: Recipe,
    tensors: Annotated[
        list[str] | None, typer.Option("--tensors", metavar="GLOB", help="Show these tensors in full.")
    ] = None,
    graph: Annotated[bool, typer.Option("--graph", help="Show the graph of operations.")] = False,
    format: ExplainFormat = "text",
    output: Output = None,
    threads: Threads = None,
    memory: Memory = None,
    device: Device = "cpu",
    seed: Seed = 0,
    settings: Set = None,
    models: ModelMap = None,
    quiet: Quiet = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show every tensor in full.")] = False,
) -> None:
    """Show each tensor's method and parameters, and where they come from. Reads headers only."""
    from mergec.cli.explain import explain_command
    from mergec.cli.inputs import Choices

    _one_of(format, "text", "json", "html", "csv")
    if graph and format != "text":
        raise typer.BadParameter("the graph is text only; leave out --graph or --format", param_hint="--format")
    _one_of(device, *DEVICES, option="--device")
    report = Report()
    choices = Choices(settings, models, threads, memory, device=device, seed=seed)
    with guarded(report, quiet):
        patterns = tuple(tensors or ()) or (("*",) if verbose else ())
        explain_command(recipe, patterns, graph, format, output, choices, report)


@app.command()
def build(
    recipe: Recipe,
    out: Annotated[str, typer.Argument(metavar="OUT", help="The directory to make.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Plan and check everything, write nothing.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace what is at OUT.")] = False,
    threads: Threads = None,
    memory: Memory = None,
    device: Device = "cpu",
    seed: Seed = 0,
    shard_size: ShardSize = None,
    sync: Annotated[bool, typer.Option(help="Wait until the disk holds everything before the last rename.")] = True,
    format: Format = "text",
    settings: Set = None,
    models: ModelMap = None,
    quiet: Quiet = False,
) -> None:
    """Build the checkpoint that a recipe describes."""
    from mergec.cli.build import build_command
    from mergec.cli.inputs import Choices

    _one_of(format, "text", "json")
    _one_of(device, *DEVICES, option="--device")
    report = Report()
    choices = Choices(settings, models, threads, memory, shard_size, device, seed)
    with guarded(report, quiet):
        build_command(recipe, out, dry_run, force, sync, format, choices, quiet, report)


@app.command()
def check(
    recipe: Recipe,
    strict: Annotated[bool, typer.Option("--strict", help="Treat warnings as errors.")] = False,
    format: Format = "text",
    threads: Threads = None,
    memory: Memory = None,
    seed: Seed = 0,
    settings: Set = None,
    models: ModelMap = None,
) -> None:
    """Find everything wrong or surprising about a recipe and its inputs. Reads headers only."""
    from mergec.cli.check import check_command
    from mergec.cli.inputs import Choices

    _one_of(format, "text", "json")
    report = Report()
    with guarded(Report()):
        code = check_command(recipe, strict, format, Choices(settings, models, threads, memory, seed=seed), report)
    raise SystemExit(code)


@app.command()
def convert(
    recipe: Recipe,
    to: Annotated[str, typer.Option("--to", metavar="TONGUE", help="merge, the merge language, or yaml.")],
    output: Output = None,
    settings: Set = None,
    quiet: Quiet = False,
) -> None:
    """Write a recipe in the merge language, or as mergekit YAML. Reads no checkpoint."""
    from mergec.cli.convert import convert_command

    _one_of(to, "merge", "yaml", option="--to")
    report = Report()
    with guarded(report, quiet):
        convert_command(recipe, to, output, settings, report)


@app.command()
def fmt(
    files: Annotated[list[str], typer.Argument(metavar="FILE…", help=".merge files, or - for standard input.")],
    check: Annotated[bool, typer.Option("--check", help="Write nothing; list the files that would change.")] = False,
    format: Format = "text",
    quiet: Quiet = False,
) -> None:
    """Lay out recipes of the merge language in the one style; comments stay where they are."""
    from mergec.cli.fmt import fmt_command

    _one_of(format, "text", "json")
    report = Report()
    with guarded(report, quiet):
        code = fmt_command(files, check, format, quiet, report)
    raise SystemExit(code)


@app.command()
def methods(
    name: Annotated[str | None, typer.Argument(help="Show one method in full.")] = None, format: Format = "text"
) -> None:
    """List the merge methods, their parameters and who provides them."""
    from mergec.cli.methods import methods_command

    _one_of(format, "text", "json")
    report = Report()
    with guarded(report):
        methods_command(name, format, report)


@app.command()
def inspect(
    checkpoint: Annotated[str, typer.Argument(help="A directory or a Hub id.")],
    tensors: Annotated[bool, typer.Option("--tensors", help="List every tensor.")] = False,
    format: Format = "text",
    quiet: Quiet = False,
) -> None:
    """Show what a checkpoint holds, from headers alone."""
    from mergec.cli.inspecting import inspect_command

    _one_of(format, "text", "json")
    report = Report()
    with guarded(report, quiet):
        inspect_command(checkpoint, tensors, format, report)


@app.command()
def demo(
    directory: Annotated[str, typer.Argument(metavar="DIR", help="The directory to write.")],
    arch: Annotated[
        str, typer.Option("--arch", metavar="NAME", help="Whose shape the checkpoints have.")
    ] = "tiny-llama",
    hub_cache: Annotated[
        str | None,
        typer.Option("--hub-cache", metavar="DIR", help="Lay the checkpoints out as a Hub cache, for use as HF_HOME."),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Of the random weights.")] = 0,
    quiet: Quiet = False,
) -> None:
    """Write two checkpoints with random weights, and a recipe, to try mergec offline."""
    from mergec.cli.demonstrate import demo_command

    report = Report()
    with guarded(report, quiet):
        demo_command(directory, arch, hub_cache, seed, quiet)


@app.command()
def schema() -> None:
    """Print the JSON Schema of the YAML form, for editors."""
    from mergec.syntax.grammar_text import read_grammar_file

    sys.stdout.write(read_grammar_file("recipe.schema.json"))


@app.command()
def lsp(
    stdio: Annotated[bool, typer.Option("--stdio", help="Use standard streams, as is done anyway.")] = False,
) -> None:
    """Serve an editor: diagnostics, completion and more, by the Language Server Protocol."""
    from mergec.cli.lsp import lsp_command

    with guarded(Report()):
        lsp_command()


def main() -> None:
    """Run the command line.

    Collecting garbage costs a tenth of an `explain`, which makes none to speak of.
    """
    gc.disable()
    heed_signals()
    prepare_streams()
    try:
        app()
    except Interrupted:
        raise SystemExit(Exit.INTERRUPTED) from None
