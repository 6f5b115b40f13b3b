"""The command line. Each command reads, calls one thing, prints, and leaves with a code."""

from __future__ import annotations

import gc
import sys

import click

from mergec import __version__
from mergec.cli import options
from mergec.cli.console import prepare_streams
from mergec.cli.guard import Exit, Interrupted, guarded, heed_signals
from mergec.diagnostics import Report


@click.group(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.version_option(__version__, message="%(prog)s %(version)s", prog_name="mergec")
def app() -> None:
    """A compiler for merges of neural-network checkpoints: explain a recipe, then build it."""


@app.command()
@options.recipe
@click.option("--tensors", multiple=True, metavar="GLOB", help="Show these tensors in full.")
@click.option("--graph", is_flag=True, help="Show the graph of operations.")
@click.option("--format", type=click.Choice(("text", "json", "html", "csv")), default="text", help="Of the result.")
@options.output
@options.threads
@options.memory
@options.device
@options.seed
@options.settings
@options.models
@options.quiet
@click.option("--verbose", "-v", is_flag=True, help="Show every tensor in full.")
def explain(
    recipe: str,
    tensors: tuple[str, ...],
    graph: bool,
    format: str,
    output: str | None,
    threads: int | None,
    memory: str | None,
    device: str,
    seed: int,
    settings: tuple[str, ...],
    models: tuple[str, ...],
    quiet: bool,
    verbose: bool,
) -> None:
    """Show each tensor's method and parameters, and where they come from. Reads headers only.

    RECIPE is a .merge file, a mergekit YAML file, or - for standard input.
    """
    from mergec.cli.explain import explain_command
    from mergec.cli.inputs import Choices

    if graph and format != "text":
        raise click.BadParameter("the graph is text only; leave out --graph or --format", param_hint="--format")
    report = Report()
    choices = Choices(settings, models, threads, memory, device=device, seed=seed)
    with guarded(report, quiet):
        patterns = tensors or (("*",) if verbose else ())
        explain_command(recipe, patterns, graph, format, output, choices, report)


@app.command()
@options.recipe
@click.argument("out")
@click.option("--dry-run", is_flag=True, help="Plan and check everything, write nothing.")
@click.option("--force", is_flag=True, help="Replace what is at OUT.")
@options.threads
@options.memory
@options.device
@options.seed
@options.shard_size
@click.option("--sync/--no-sync", default=True, help="Wait until the disk holds everything before the last rename.")
@options.format
@options.settings
@options.models
@options.quiet
def build(
    recipe: str,
    out: str,
    dry_run: bool,
    force: bool,
    threads: int | None,
    memory: str | None,
    device: str,
    seed: int,
    shard_size: str | None,
    sync: bool,
    format: str,
    settings: tuple[str, ...],
    models: tuple[str, ...],
    quiet: bool,
) -> None:
    """Build the checkpoint that a recipe describes.

    RECIPE is a .merge file, a mergekit YAML file, or - for standard input. OUT is the directory to make.
    """
    from mergec.cli.build import build_command
    from mergec.cli.inputs import Choices

    report = Report()
    choices = Choices(settings, models, threads, memory, shard_size, device, seed)
    with guarded(report, quiet):
        build_command(recipe, out, dry_run, force, sync, format, choices, quiet, report)


@app.command()
@options.recipe
@click.option("--strict", is_flag=True, help="Treat warnings as errors.")
@options.format
@options.threads
@options.memory
@options.seed
@options.settings
@options.models
def check(
    recipe: str,
    strict: bool,
    format: str,
    threads: int | None,
    memory: str | None,
    seed: int,
    settings: tuple[str, ...],
    models: tuple[str, ...],
) -> None:
    """Find everything wrong or surprising about a recipe and its inputs. Reads headers only.

    RECIPE is a .merge file, a mergekit YAML file, or - for standard input.
    """
    from mergec.cli.check import check_command
    from mergec.cli.inputs import Choices

    report = Report()
    with guarded(Report()):
        code = check_command(recipe, strict, format, Choices(settings, models, threads, memory, seed=seed), report)
    raise SystemExit(code)


@app.command()
@options.recipe
@click.option("--to", type=click.Choice(("merge", "yaml")), required=True, help="The merge language, or mergekit YAML.")
@options.output
@options.settings
@options.quiet
def convert(recipe: str, to: str, output: str | None, settings: tuple[str, ...], quiet: bool) -> None:
    """Write a recipe in the merge language, or as mergekit YAML. Reads no checkpoint.

    RECIPE is a .merge file, a mergekit YAML file, or - for standard input.
    """
    from mergec.cli.convert import convert_command

    report = Report()
    with guarded(report, quiet):
        convert_command(recipe, to, output, settings, report)


@app.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--check", is_flag=True, help="Write nothing; list the files that would change.")
@options.format
@options.quiet
def fmt(files: tuple[str, ...], check: bool, format: str, quiet: bool) -> None:
    """Lay out recipes of the merge language in the one style; comments stay where they are.

    FILE is a .merge file, or - for standard input.
    """
    from mergec.cli.fmt import fmt_command

    report = Report()
    with guarded(report, quiet):
        code = fmt_command(files, check, format, quiet, report)
    raise SystemExit(code)


@app.command()
@click.argument("name", required=False)
@options.format
def methods(name: str | None, format: str) -> None:
    """List the merge methods, their parameters and who provides them.

    With NAME, show one method in full.
    """
    from mergec.cli.methods import methods_command

    report = Report()
    with guarded(report):
        methods_command(name, format, report)


@app.command()
@click.argument("checkpoint")
@click.option("--tensors", is_flag=True, help="List every tensor.")
@options.format
@options.quiet
def inspect(checkpoint: str, tensors: bool, format: str, quiet: bool) -> None:
    """Show what a checkpoint holds, from headers alone.

    CHECKPOINT is a directory or a Hub id.
    """
    from mergec.cli.inspecting import inspect_command

    report = Report()
    with guarded(report, quiet):
        inspect_command(checkpoint, tensors, format, report)


@app.command()
@click.argument("directory", metavar="DIR")
@click.option("--arch", metavar="NAME", default="tiny-llama", help="Whose shape the checkpoints have.")
@click.option("--hub-cache", metavar="DIR", help="Lay the checkpoints out as a Hub cache, for use as HF_HOME.")
@click.option("--seed", type=int, default=0, metavar="N", help="Of the random weights.")
@options.quiet
def demo(directory: str, arch: str, hub_cache: str | None, seed: int, quiet: bool) -> None:
    """Write two checkpoints with random weights, and a recipe, to DIR, to try mergec offline."""
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
@click.option("--stdio", is_flag=True, help="Use standard streams, as is done anyway.")
def lsp(stdio: bool) -> None:
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
