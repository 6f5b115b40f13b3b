"""`mergec build`."""

from __future__ import annotations

import json
import sys
import time

from mergec.cli.console import say, show_report, style_of, write_result
from mergec.cli.inputs import Choices, compiled
from mergec.cli.progress import progress_bar
from mergec.core.units import bytes_text
from mergec.diagnostics import Report
from mergec.driver import Compiled, build, dry_run
from mergec.plan import Plan
from mergec.plan.explain import memory_text, totals_text


def build_command(
    recipe: str,
    out: str,
    is_dry: bool,
    force: bool,
    sync: bool,
    format: str,
    choices: Choices,
    quiet: bool,
    report: Report,
) -> None:
    """Compile, then say what would be done, or do it."""
    program = compiled(recipe, choices, report)
    if is_dry:
        dry_run(program, out, force)
        write_result(_dry_json(program.plan) if format == "json" else _dry_text(program.plan))
        return
    show_report(report, quiet)
    report.forget()
    started = time.monotonic()
    _build(program, out, force, sync, quiet)
    if format == "json":
        write_result(_dry_json(program.plan))
    elif not quiet:
        plan = program.plan
        seconds = time.monotonic() - started
        say(f"built {out}: {len(plan.assignments)} tensors, {bytes_text(plan.files_bytes)} in {seconds:.1f} s")


def _build(program: Compiled, out: str, force: bool, sync: bool, quiet: bool) -> None:
    total = sum(p.type.nbytes for p in program.plan.places)
    with progress_bar(total, len(program.plan.places), "building", quiet) as bar:
        try:
            build(
                program,
                out,
                force=force,
                sync=sync,
                progress=bar.wrote,
                finished_tensor=bar.finished_tensor,
                notice=_notice,
                processes=True,
            )
        except Exception as error:
            error.add_note(f"plan {program.plan.digest}")
            raise


def _notice(text: str) -> None:
    say(f"note: {text}")


def _dry_text(plan: Plan) -> str:
    style = style_of(sys.stdout)
    lines = list(totals_text(plan))
    lines[0] = style.bold(lines[0])
    lines.append(memory_text(plan))
    lines += [f"  {s.file}: {len(s.entries)} tensors, {bytes_text(s.nbytes)}" for s in plan.shards]
    return "\n".join(lines)


def _dry_json(plan: Plan) -> str:
    return json.dumps(
        {
            "version": 1,
            "plan": plan.digest,
            "tensors": len(plan.assignments),
            "parameters": plan.parameters,
            "read_bytes": plan.traffic.read_bytes,
            "write_bytes": plan.files_bytes,
            "peak_bytes": plan.cut.peak_bytes,
            "files": [{"name": s.file, "bytes": s.nbytes, "tensors": len(s.entries)} for s in plan.shards],
        },
        indent=1,
    )
