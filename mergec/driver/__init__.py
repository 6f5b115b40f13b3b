"""Joins the stages: the one place that sees them all."""

from mergec.driver.catalog import open_reference
from mergec.driver.compile import Compiled, Request, build, compile_recipe, default_workers, dry_run

__all__ = ["Compiled", "Request", "build", "compile_recipe", "default_workers", "dry_run", "open_reference"]
