"""The arguments and options that several commands share."""

from __future__ import annotations

import click

DEVICES = ("auto", "cpu", "cuda")

recipe = click.argument("recipe")
settings = click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="Set a `param` of the recipe.")
models = click.option(
    "--model", "models", multiple=True, metavar="REF=DIR", help="Use a directory for a model reference."
)
quiet = click.option("--quiet", "-q", is_flag=True, help="Say nothing but errors and results.")
threads = click.option("--threads", "-j", type=click.IntRange(1, 256), metavar="N", help="Worker threads.")
shard_size = click.option("--shard-size", metavar="SIZE", help="Largest weight file, as 5GB.")
memory = click.option("--memory", metavar="SIZE", help="Memory for tensors, as 2GiB.")
device = click.option(
    "--device", type=click.Choice(DEVICES), default="cpu", help="What computes; auto: a GPU where there is one."
)
seed = click.option(
    "--seed", type=click.IntRange(min=0), default=0, metavar="N", help="Of methods that draw random numbers."
)
output = click.option("--output", "-o", metavar="FILE", help="Write the result to a file.")
format = click.option("--format", type=click.Choice(("text", "json")), default="text", help="Of the result.")
