"""Joins the stages: the one place that sees them all."""

from mergec.driver.compile import Compiled, Request, build, compile_recipe, default_workers

__all__ = ["Compiled", "Request", "build", "compile_recipe", "default_workers"]
