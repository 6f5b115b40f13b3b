"""A merge by one method as a recipe writes it, and as a reference in numpy sees it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from mergec.contract.method import Arguments, Base, Blend, Coefficients, Inputs, Method
from mergec.core.conform import conform
from mergec.core.params import Param, Scope, Value
from mergec.hooks import Plugins, Provided, Provider
from mergec.testing.tensors import BASE, FINE_TUNES, Array

Given = Value | tuple[Value, ...]
"""What a recipe gives a parameter; a tuple has one value for each input."""


_PART = 0.75
"""Of the average delta: not all, lest the base cancel and not be read."""


def _equal_shares(count: int, arguments: Arguments) -> Coefficients:
    return (_PART / count,) * count


WRAPPED = Method(
    name="wrapped_average",
    summary="The base plus a part of the average delta: the merge that wrappers are given.",
    pattern=Blend(fixed=_equal_shares, of_deltas=True),
    inputs=Inputs(1),
    base=Base.SEPARATE,
)


@dataclass(frozen=True, slots=True)
class Call:
    """One method with its inputs and what is given to its parameters.

    inputs: folders of the models, those of the wrapped merge for a wrapper; the first is the base where the method
    starts from it. base: the folder of the base beside them, if there is one.
    """

    method: Method
    inputs: tuple[str, ...]
    base: str | None
    given: Mapping[str, Given]

    @property
    def count(self) -> int:
        """How many inputs the method sees."""
        return len(self.inputs) + self.method.wraps

    def permuted(self, order: Sequence[int]) -> Call:
        """The same with the inputs, each with its own values, in another order."""
        given = {n: tuple(v[i] for i in order) if isinstance(v, tuple) else v for n, v in self.given.items()}
        return replace(self, inputs=tuple(self.inputs[i] for i in order), given=given)

    def of(self, method: Method) -> Call:
        """The same by another method, which gets the parameters that it has."""
        return replace(self, method=method, given={n: v for n, v in self.given.items() if method.param(n) is not None})

    def giving(self, name: str, value: Given | None) -> Call:
        """The same with another value for one parameter, with none if it is None."""
        rest = {n: v for n, v in self.given.items() if n != name}
        return replace(self, given=rest if value is None else {**rest, name: value})

    def plugins(self) -> Plugins:
        """The method, as a package would provide it, and what it may wrap."""
        provider = Provider("a test", "0")
        table = {m.name: Provided(m, provider) for m in (self.method, WRAPPED)}
        return Plugins(MappingProxyType(table))

    def recipe(self) -> str:
        """The merge in the merge language."""
        return "".join(f"{line}\n" for line in self._lines())

    def _lines(self) -> Iterator[str]:
        yield from (f'model {folder} = "{folder}"' for folder in dict.fromkeys(self.inputs))
        if self.base is not None:
            yield f'model base = "{self.base}"'
        operands = ", ".join((*self.inputs, *(() if self.base is None else ("base = base",))))
        if self.method.wraps:
            yield f"merge inner = {WRAPPED.name}({operands})"
            operands = "inner"
        yield f"merge merged = {self.method.name}({operands}) {{"
        for name, value in self.given.items():
            if isinstance(value, tuple):
                yield from (f"  {m}.{name} = {_written(v)}" for m, v in zip(self.inputs, value, strict=True))
            else:
                yield f"  {name} = {_written(value)}"
        yield "}"
        yield "output merged {}"

    def arguments(self) -> Arguments:
        """The values of all parameters, as the method gets them."""
        shared, per_input = [], []
        for param in self.method.params:
            value = self.given.get(param.name, param.default)
            if param.scope is Scope.SHARED:
                assert not isinstance(value, tuple), f"`{param.name}` has one value for all inputs"
                shared.append((param.name, _conformed(param, value)))
            else:
                each = value if isinstance(value, tuple) else (value,) * self.count
                per_input.append((param.name, tuple(_conformed(param, v) for v in each)))
        return Arguments(tuple(shared), tuple(per_input))

    def operands(self, models: Mapping[str, Array]) -> tuple[tuple[Array, ...], Array | None]:
        """The inputs of one tensor and its base, given that tensor of every model by folder."""
        inputs = tuple(models[folder] for folder in self.inputs)
        base = None if self.base is None else models[self.base]
        if self.method.wraps and base is not None:
            merged = base + _PART * sum((x - base for x in inputs), 0.0 * base) / len(inputs)
            inputs = (merged, *inputs)
        return inputs, base


def make_call(method: Method, count: int, has_base: bool, given: Mapping[str, Given]) -> Call:
    """A merge of `count` of the models that tests have; of values for each input, the first ones."""
    first = (BASE,) if method.base is Base.FIRST else ()
    inputs = (*first, *FINE_TUNES)[:count]
    cut = {name: value[:count] if isinstance(value, tuple) else value for name, value in given.items()}
    return Call(method, inputs, BASE if has_base else None, cut)


def _written(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value) if isinstance(value, str) else repr(value)


def _conformed(param: Param, value: Value | None) -> Value | None:
    return None if value is None else conform(param, value)
