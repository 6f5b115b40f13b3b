"""A plan as an object to look at and to build."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike, fspath

from mergec.core.style import Style
from mergec.diagnostics import Diagnostic
from mergec.driver import Compiled, build
from mergec.plan.explain import explain_html, explain_json, explain_text, graph_text, tensors_text


@dataclass(frozen=True)
class Planned:
    """All that a build will do. recipe: the text it was planned from."""

    compiled: Compiled
    warnings: tuple[Diagnostic, ...]
    recipe: str

    @property
    def digest(self) -> str:
        """Equal for plans that write the same weights from the same headers."""
        return self.compiled.plan.digest

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the output's tensors, in order."""
        return tuple(a.name for a in self.compiled.plan.assignments)

    def explain(self) -> str:
        """What `mergec explain` prints."""
        return explain_text(self.compiled.plan, Style())

    def tensors(self, *globs: str) -> str:
        """What `mergec explain --tensors` prints."""
        return tensors_text(self.compiled.plan, globs or ("*",), Style())

    def graph(self, *globs: str) -> str:
        """What `mergec explain --graph` prints."""
        return graph_text(self.compiled.plan, globs)

    def json(self) -> str:
        """What `mergec explain --format json` prints."""
        return explain_json(self.compiled.plan, self.warnings)

    def build(self, output: str | PathLike[str], *, force: bool = False, sync: bool = True) -> None:
        """Execute the plan. Raises MachineFault, OutputConflict or CheckFailed; then nothing is at `output`."""
        build(self.compiled, fspath(output), force=force, sync=sync, progress=lambda _: None)

    def __str__(self) -> str:
        return self.explain()

    def _repr_html_(self) -> str:
        return explain_html(self.compiled.plan, self.warnings)
