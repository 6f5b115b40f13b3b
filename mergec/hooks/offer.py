"""What one entry point provides: loading it, calling its hooks, and saying what it does wrong."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import EntryPoint
from typing import Any

import pluggy

from mergec import __version__
from mergec.contract import hookspecs
from mergec.contract.architecture import Architecture
from mergec.contract.listed import MethodAt
from mergec.contract.method import Method
from mergec.core.suggest import did_you_mean

METHODS, ARCHITECTURES = "mergec_methods", "mergec_architectures"


class OfferError(Exception):
    """A plugin does not keep to the contract; the message says how."""


def read_offer(point: EntryPoint) -> tuple[tuple[Method | MethodAt, ...], tuple[Architecture, ...]]:
    """The methods and naming rules of a plugin. Raises OfferError, and whatever importing and calling it raises."""
    _check_version(point)
    plugin = point.load()
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    manager.register(plugin, name=point.name)
    _check_hooks(plugin, manager)
    return _call(manager, METHODS, Method, MethodAt), _call(manager, ARCHITECTURES, Architecture)


def _check_version(point: EntryPoint) -> None:
    """A package may say which versions of mergec it is made for; `pip install --no-deps` does not ask."""
    needs = (point.dist.requires or ()) if point.dist else ()
    for text in (t for t in needs if t.startswith(hookspecs.PROJECT)):
        from packaging.requirements import Requirement

        wanted = Requirement(text)
        applies = wanted.marker is None or wanted.marker.evaluate({"extra": ""})
        if wanted.name == hookspecs.PROJECT and applies and not wanted.specifier.contains(__version__, True):
            raise OfferError(f"it needs {text}, and this is {hookspecs.PROJECT} {__version__}")


def _check_hooks(plugin: Any, manager: pluggy.PluginManager) -> None:
    """Hooks under names that mergec does not call, hooks without their decorator, no hooks at all."""
    known = (METHODS, ARCHITECTURES)
    implemented = [caller.name for caller in manager.get_hookcallers(plugin) or ()]
    for name in implemented:
        if name not in known:
            meant = did_you_mean(name, known, f"it calls {' and '.join(f'`{k}`' for k in known)}")
            raise OfferError(f"mergec calls no hook `{name}`; {meant}")
    for name in known:
        if name not in implemented and callable(getattr(plugin, name, None)):
            raise OfferError(f"its `{name}` is not marked with `@hookimpl`")
    if not implemented:
        raise OfferError(f"it has no hook, neither `{METHODS}` nor `{ARCHITECTURES}`")


def _call(manager: pluggy.PluginManager, hook: str, *kinds: type) -> tuple[Any, ...]:
    caller = getattr(manager.hook, hook)
    if not caller.get_hookimpls():
        return ()
    answers: list[Iterable[Any]] = caller()
    if not answers:
        raise OfferError(f"its `{hook}` returns None, not a list")
    items = tuple(item for answer in answers for item in answer)
    for item in items:
        if not isinstance(item, kinds):
            raise OfferError(f"its `{hook}` returns {item!r:.80} among others, which is not a {kinds[0].__name__}")
        if wrong := _wrong_field(item):
            raise OfferError(f"`{wrong}` of {item!r:.80} is not of the type that its description says")
    return items


def _wrong_field(item: object) -> str | None:
    """A field of another type than text, or than a tuple of texts; of what is checked here, not of methods."""
    if isinstance(item, MethodAt):
        return next((f for f in ("name", "where") if not isinstance(getattr(item, f), str)), None)
    if isinstance(item, Architecture):
        fits = {"name": isinstance(item.name, str), "main": isinstance(item.main, str | None)}
        fits |= {f: _are_texts(getattr(item, f)) for f in ("model_types", "stacks", "after")}
        fits["roles"] = isinstance(item.roles, tuple) and all(_are_texts(r) and len(r) == 2 for r in item.roles)
        return next((field for field, fit in fits.items() if not fit), None)
    return None


def _are_texts(value: object) -> bool:
    return isinstance(value, tuple) and all(isinstance(v, str) for v in value)
