"""Methods that contradict themselves are refused before a recipe meets them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mergec.api import Base, Blend, Elementwise, Inputs, Measure, Method, Param, ParamKind, Scope, Suits, Whole
from mergec.core.words import KEYWORDS, TAKEN
from mergec.hooks.defects import defects_of
from mergec.recipe.names import RESERVED
from mergec.syntax import words

T = Param("t", "How far.", default=0.5, low=0.0, high=1.0)
BLEND = Blend(fixed=lambda count, arguments: (0.5, 0.5))
GOOD = Method("good", "Is.", BLEND, Inputs(2, 2), (T,), shade="t")
REST = replace(GOOD, name="rest")
FLAT = replace(GOOD, suits=Suits((2,)), fallback=REST)
APPLY = Elementwise(lambda block: block.inputs[0])


@pytest.mark.parametrize("method", [GOOD, FLAT, replace(GOOD, pattern=APPLY), replace(GOOD, params=(), shade=None)])
def test_methods_that_can_be_used(method: Method) -> None:
    assert defects_of(method) == ()


def changed(**values: Any) -> Method:
    return replace(GOOD, **values)


def with_param(**values: Any) -> Method:
    return replace(GOOD, params=(replace(T, **values),))


def with_fallback(**values: Any) -> Method:
    return replace(FLAT, fallback=replace(REST, **values))


@pytest.mark.parametrize(
    ("method", "defect"),
    [
        (changed(name="stack"), "`stack` is a word of the merge language"),
        (changed(name="sum"), "`sum` is a word of the merge language"),
        (changed(name="for"), "`for` is a word of the merge language"),
        (changed(name="a-b"), 'its name "a-b" cannot be written in a recipe'),
        (changed(name=""), 'its name "" cannot be written in a recipe'),
        (changed(name=3), "its `name` is of the type int"),
        (changed(params=[T]), "its `params` is of the type list"),
        (changed(params=(T, "u")), "its parameter 'u' is not a Param"),
        (changed(pattern=len), "its `pattern` is of the type builtin_function_or_method"),
        (changed(params=(T, T)), "it has two parameters `t`"),
        (changed(shade="u"), "it is shaded by `u`, which is none of its parameters"),
        (changed(inputs=Inputs(0)), "it takes 0 or more inputs"),
        (changed(inputs=Inputs(3, 2)), "it takes 3 to 2 inputs"),
        (changed(symmetric=True, base=Base.FIRST), "it is symmetric and starts from its first input"),
        (changed(pattern=replace(BLEND, of_deltas=True)), "it blends deltas and has no base beside its inputs"),
        (changed(pattern=Blend(None)), "its `fixed` is not a function"),  # type: ignore[arg-type]
        (changed(pattern=Whole(None)), "its `apply` is not a function"),  # type: ignore[arg-type]
        (changed(pattern=replace(APPLY, measures=(1,))), "its measure 1 is not a Measure"),  # type: ignore[arg-type]
        (with_param(required=True), "its parameter `t` is required and has a default"),
        (with_param(default=2), "its parameter `t` has the default 2: it must be at least 0 and at most 1, not 2"),
        (with_param(default="x"), 'its parameter `t` has the default "x": it expects a number, not "x"'),
        (with_param(above=0.5), "its parameter `t` has the default 0.5: it must be above 0.5 and at least 0"),
        (with_param(usual=(1.0, 0.0)), "its parameter `t` is usually 1 to 0"),
        (with_param(choices=("a",)), "its parameter `t` is a number and has choices"),
        (changed(params=(replace(T, name="in"),), shade=None), "its parameter `in` cannot be written in a recipe"),
        (changed(params=(replace(T, name="method"),), shade=None), "its parameter `method` cannot be written"),
        (changed(fallback=REST), "it has the fallback `rest` and suits all tensors"),
        (with_fallback(params=(T, replace(T, name="u"))), "its fallback `rest` has a parameter `u`, which `good` has"),
        (
            with_fallback(params=(replace(T, scope=Scope.PER_INPUT),)),
            "its fallback `rest` has `t` as a number per input, `good` as a number for all inputs",
        ),
        (
            with_fallback(params=(replace(T, kind=ParamKind.FLAG, default=True),)),
            "its fallback `rest` has `t` as a flag",
        ),
        (with_fallback(inputs=Inputs(3)), "its fallback `rest` takes 3 or more inputs, `good` 2"),
        (with_fallback(base=Base.SEPARATE), "its fallback `rest` has another base (`separate`, not `none`)"),
        (with_fallback(wraps=True), "its fallback `rest` works on a merge's result"),
        (with_fallback(params=[T]), "its fallback `rest` cannot be used: its `params` is of the type list"),
    ],
)
def test_methods_that_cannot(method: Method, defect: str) -> None:
    found = defects_of(method)
    assert found
    assert found[0].startswith(defect)


def test_all_fallbacks_of_a_chain_are_looked_at() -> None:
    chain = replace(FLAT, fallback=replace(FLAT, name="next", fallback=replace(REST, base=Base.SEPARATE)))
    assert defects_of(chain) == ("its fallback `rest` has another base (`separate`, not `none`)",)
    long = REST
    for _ in range(9):
        long = replace(FLAT, fallback=long)
    assert defects_of(long) == ("it has more than 8 fallbacks in a row",)


def test_measures_are_fine() -> None:
    measure = Measure(take=lambda block: 1, join=lambda a, b: a + b)
    assert defects_of(replace(GOOD, pattern=replace(APPLY, measures=(measure,), surveys=(measure,)))) == ()


def test_the_words_are_those_of_the_language() -> None:
    assert KEYWORDS == words.KEYWORDS
    assert {word for word in RESERVED if word.isidentifier()} <= TAKEN
