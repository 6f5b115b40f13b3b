"""The table of methods, in which those that a plugin only lists are loaded when they are asked for."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from importlib.metadata import EntryPoint

from mergec.contract import hookspecs
from mergec.contract.listed import MethodAt
from mergec.contract.method import Method
from mergec.diagnostics import Code, Report
from mergec.hooks.defects import defects_of
from mergec.hooks.tables import Failure, Provided, Provider


@dataclass(frozen=True, slots=True)
class Listed:
    """A method that an entry point lists, and who provides it."""

    method: MethodAt
    entry_point: str
    provider: Provider


class Methods(Mapping[str, Provided]):
    """Methods by name. One that cannot be loaded is a warning and joins the `failures`; from then on it is missing."""

    def __init__(self, table: Mapping[str, Provided | Listed], failures: list[Failure], report: Report) -> None:
        self._table = dict(table)
        self._failures = failures
        self._report = report

    def __getitem__(self, name: str) -> Provided:
        found = self._table[name]
        if isinstance(found, Provided):
            return found
        try:
            loaded = Provided(load_listed(found.method), found.provider)
        except (Exception, SystemExit) as error:
            del self._table[name]
            reason = str(error) if isinstance(error, Unusable) else f"{type(error).__name__}: {error}"
            failure = Failure(found.entry_point, found.provider, reason, name)
            self._failures.append(failure)
            warn_of(failure, self._report)
            raise KeyError(name) from None
        self._table[name] = loaded
        return loaded

    def __iter__(self) -> Iterator[str]:
        return (name for name in tuple(self._table) if name in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)


class Unusable(Exception):
    """What a plugin lists is not what it says, or cannot be used; the message says why."""


def load_listed(listed: MethodAt) -> Method:
    """The method, checked. Raises Unusable, and whatever importing its module raises."""
    with redirect_stdout(sys.stderr):
        method = EntryPoint(listed.name, listed.where, hookspecs.PROJECT).load()
    if not isinstance(method, Method):
        raise Unusable(f"`{listed.where}` is {method!r:.80}, which is not a Method")
    defects = defects_of(method)
    if defects:
        raise Unusable(defects[0])
    if method.name != listed.name:
        raise Unusable(f"`{listed.where}` is called `{method.name}`")
    return method


def warn_of(failure: Failure, report: Report) -> None:
    """Report what cannot be used of a plugin."""
    what = f"the method `{failure.method}`" if failure.method else f"the plugin `{failure.entry_point}`"
    missing = "the method is" if failure.method else "its methods are"
    report.warn(
        Code.PLUGIN_FAILED,
        f"{what} of {failure.provider} cannot be used",
        notes=(failure.reason,),
        help=f"repair or uninstall {failure.provider.distribution}; {missing} missing until then",
    )
