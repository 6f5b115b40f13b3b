"""Loading plugins: one entry point at a time, each checked and each failure named."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType
from typing import Any

import pluggy

from mergec.contract import hookspecs
from mergec.contract.architecture import Architecture
from mergec.contract.method import Method
from mergec.diagnostics import Code, Report
from mergec.hooks.tables import Failure, Plugins, Provided, Provider


@dataclass(frozen=True, slots=True)
class Offer:
    """What one entry point provides."""

    provider: Provider
    methods: tuple[Method, ...]
    architectures: tuple[Architecture, ...]


def load_plugins(report: Report, points: Iterable[EntryPoint] | None = None) -> Plugins:
    """Load every plugin of the entry-point group `mergec` (or of `points`), in the order of their names.

    An entry point that fails is a warning, two providers of one method an error; both name the distributions.
    """
    found = entry_points(group=hookspecs.PROJECT) if points is None else points
    offers: list[Offer] = []
    failures: list[Failure] = []
    for point in sorted(found, key=lambda p: (_provider(p).distribution, p.name)):
        try:
            offers.append(_offer(point))
        except (Exception, SystemExit) as error:
            failure = Failure(point.name, _provider(point), f"{type(error).__name__}: {error}")
            failures.append(failure)
            _warn(failure, report)
    architectures = tuple(a for offer in offers for a in offer.architectures)
    return Plugins(MappingProxyType(_methods(offers, report)), architectures, tuple(failures))


def _provider(point: EntryPoint) -> Provider:
    dist = point.dist
    return Provider(dist.name, dist.version) if dist else Provider(point.value, "unknown")


def _offer(point: EntryPoint) -> Offer:
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    manager.register(point.load(), name=point.name)
    manager.check_pending()
    methods = _collect(manager.hook.mergec_methods(), Method)
    return Offer(_provider(point), methods, _collect(manager.hook.mergec_architectures(), Architecture))


def _collect(answers: list[Iterable[Any]], kind: type) -> tuple[Any, ...]:
    items = tuple(item for answer in answers for item in answer)
    for item in items:
        if not isinstance(item, kind):
            raise TypeError(f"a hook returned {item!r}, not a {kind.__name__}")
    return items


def _methods(offers: list[Offer], report: Report) -> dict[str, Provided]:
    table: dict[str, Provided] = {}
    for offer in offers:
        for method in offer.methods:
            if method.name in table:
                report.error(
                    Code.DUPLICATE_METHOD,
                    f"`{method.name}` is provided by {table[method.name].provider} and by {offer.provider}",
                    help="uninstall one of the two packages",
                )
            table.setdefault(method.name, Provided(method, offer.provider))
    return dict(sorted(table.items()))


def _warn(failure: Failure, report: Report) -> None:
    report.warn(
        Code.PLUGIN_FAILED,
        f"the plugin `{failure.entry_point}` of {failure.provider} cannot be used",
        notes=(failure.reason,),
        help=f"repair or uninstall {failure.provider.distribution}; its methods are missing until then",
    )
