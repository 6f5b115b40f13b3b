"""Loading plugins: one entry point at a time, each checked and each failure named."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from contextlib import redirect_stdout
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points

from mergec.contract import hookspecs
from mergec.contract.architecture import Architecture
from mergec.contract.listed import MethodAt
from mergec.contract.method import Method
from mergec.diagnostics import Code, Report
from mergec.hooks.defects import defects_of
from mergec.hooks.methods import Listed, Methods, warn_of
from mergec.hooks.offer import OfferError, read_offer
from mergec.hooks.tables import Failure, Plugins, Provided, Provider


@dataclass(frozen=True, slots=True)
class Offer:
    """What can be used of what one entry point provides, and what cannot."""

    entry_point: str
    provider: Provider
    methods: tuple[Method | MethodAt, ...] = ()
    architectures: tuple[Architecture, ...] = ()
    failures: tuple[Failure, ...] = ()


def load_plugins(report: Report, points: Iterable[EntryPoint] | None = None) -> Plugins:
    """Load every plugin of the entry-point group `mergec` (or of `points`), in the order of their names.

    An entry point that fails, and a method that cannot be used, is a warning; two providers of one name are an error.
    All of these name the distributions. What plugins print goes to standard error.
    """
    found = entry_points(group=hookspecs.PROJECT) if points is None else points
    provided = ((_provider(point), point) for point in found)
    ordered = sorted(provided, key=lambda p: (p[0].distribution, p[1].name))
    with redirect_stdout(sys.stderr):
        offers = tuple(_offer(point, provider) for provider, point in ordered)
    failures = [failure for offer in offers for failure in offer.failures]
    for failure in failures:
        warn_of(failure, report)
    architectures = tuple(a for offer in offers for a in offer.architectures)
    _check_architectures(offers, report)
    return Plugins(Methods(_methods(offers, report), failures, report), architectures, failures)


def _provider(point: EntryPoint) -> Provider:
    dist = point.dist
    return Provider(dist.name or point.value, dist.version or "unknown") if dist else Provider(point.value, "unknown")


def _offer(point: EntryPoint, provider: Provider) -> Offer:
    try:
        methods, architectures = read_offer(point)
    except (Exception, SystemExit) as error:
        reason = str(error) if isinstance(error, OfferError) else f"{type(error).__name__}: {error}"
        return Offer(point.name, provider, failures=(Failure(point.name, provider, reason),))
    defects = {id(m): _defects(m) for m in methods}
    failures = tuple(Failure(point.name, provider, defects[id(m)][0], str(m.name)) for m in methods if defects[id(m)])
    return Offer(point.name, provider, tuple(m for m in methods if not defects[id(m)]), architectures, failures)


def _defects(method: Method | MethodAt) -> tuple[str, ...]:
    """What is wrong with a method, one that cannot even be looked through included."""
    try:
        return defects_of(method) if isinstance(method, Method) else ()
    except Exception as error:
        return (f"cannot be checked ({type(error).__name__}: {error})",)


def _methods(offers: tuple[Offer, ...], report: Report) -> dict[str, Provided | Listed]:
    """All methods by name, in the order of names; those that are listed are not loaded."""
    table: dict[str, Provided | Listed] = {}
    for offer in offers:
        for method in offer.methods:
            if method.name in table:
                _refuse_second(f"`{method.name}` is", table[method.name].provider, offer.provider, report)
            table.setdefault(method.name, _entry(method, offer))
    return dict(sorted(table.items()))


def _entry(method: Method | MethodAt, offer: Offer) -> Provided | Listed:
    if isinstance(method, MethodAt):
        return Listed(method, offer.entry_point, offer.provider)
    return Provided(method, offer.provider)


def _check_architectures(offers: tuple[Offer, ...], report: Report) -> None:
    """A `model_type` has the naming rules of one plugin."""
    table: dict[str, Provider] = {}
    for offer in offers:
        for kind in (k for a in offer.architectures for k in a.model_types):
            if kind in table:
                _refuse_second(f"naming rules for `{kind}` are", table[kind], offer.provider, report)
            table.setdefault(kind, offer.provider)


def _refuse_second(what: str, first: Provider, second: Provider, report: Report) -> None:
    twice = first == second
    report.error(
        Code.DUPLICATE_METHOD,
        f"{what} provided twice by {first}" if twice else f"{what} provided by {first} and by {second}",
        help=f"repair or uninstall {first.distribution}" if twice else "uninstall one of the two packages",
    )
