"""The seed is told where random numbers are drawn, and nowhere else."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from mergec.api import Elementwise, Inputs, Method
from mergec.core.style import Style
from mergec.diagnostics import Report, Source
from mergec.driver import Request, compile_recipe
from mergec.execute.documents import Provenance, lock
from mergec.plan import Plan
from mergec.plan.explain import explain_json, explain_text
from tests.support.plugins import with_methods
from tests.support.tiny import write_tiny

NOISE = Method("noise", "Draws.", Elementwise(lambda block: block.uniform(0)), Inputs(1), random=True)


def plan_of(folder: Path, seed: int, method: Method = NOISE) -> Plan:
    write_tiny(folder / "a", "llama layers=1")
    source = Source("recipe.merge", 'model a = "a"\nmerge m = noise(a)')
    request = Request(directory=str(folder), workers=1, seed=seed)
    return compile_recipe(source, request, Report(), with_methods(method)).plan


def test_the_seed_is_in_explanation_lock_and_digest(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, 7)
    assert "  draws random numbers under seed 7\n" in explain_text(plan, Style())
    assert json.loads(explain_json(plan, ()))["seed"] == 7
    assert lock(plan, Provenance("0", ()))["seed"] == 7
    assert plan.digest == plan_of(tmp_path, 7).digest != plan_of(tmp_path, 8).digest


def test_without_random_numbers_there_is_no_seed(tmp_path: Path) -> None:
    still = replace(NOISE, random=False)
    plan = plan_of(tmp_path, 7, still)
    assert "seed" not in explain_text(plan, Style())
    assert json.loads(explain_json(plan, ()))["seed"] is None
    assert "seed" not in lock(plan, Provenance("0", ()))
    assert plan.digest == plan_of(tmp_path, 8, still).digest
