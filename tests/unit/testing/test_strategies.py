"""What the strategies draw is what a method may be given, for every method there is."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mergec.api import Blend, Method, Param, ParamKind, Rows, Scope, Situation, Whole
from mergec.core.conform import conform
from mergec.diagnostics import Report
from mergec.hooks import load_plugins
from mergec.testing import strategies

METHODS = [provided.method for provided in load_plugins(Report()).methods.values()]
BOUNDED = (
    Param("t", "", low=0.0, high=1.0),
    Param("t", "", above=0.0, usual=(0.0, 2.0)),
    Param("t", "", below=3.0, required=True),
    Param("n", "", ParamKind.INTEGER, low=-2, above=-2.0, default=3),
    Param("on", "", ParamKind.FLAG),
    Param("way", "", ParamKind.TEXT, choices=("there", "back")),
)


@given(st.data(), st.sampled_from(BOUNDED))
def test_values_are_such_as_a_recipe_can_give(data: st.DataObject, param: Param) -> None:
    value = data.draw(strategies.values(param))
    if value is None:
        assert not param.required
    else:
        assert conform(param, value) == value


@given(st.data(), st.sampled_from(METHODS), st.integers(1, 4))
def test_arguments_have_every_parameter(data: st.DataObject, method: Method, count: int) -> None:
    found = data.draw(strategies.arguments(method, count))
    for param in method.params:
        values = (found.value(param.name),) if param.scope is Scope.SHARED else found.values(param.name)
        assert len(values) == (1 if param.scope is Scope.SHARED else count)
        assert None not in values or not (param.required or param.default is not None)


@given(st.integers(2, 4).flatmap(strategies.grams))
def test_grams_are_those_of_vectors(gram: strategies.Gram) -> None:
    matrix = torch.tensor(gram.products, dtype=torch.float64)
    assert (matrix == matrix.T).all()
    assert torch.linalg.eigvalsh(matrix)[0] >= -1e-9 * float(matrix.abs().max())


@pytest.mark.parametrize("method", [m for m in METHODS if not isinstance(m.pattern, Blend)], ids=lambda m: m.name)
@settings(deadline=None, max_examples=8)
@given(data=st.data(), dtype=st.sampled_from((torch.float32, torch.float64)))
def test_blocks_can_be_merged(method: Method, data: st.DataObject, dtype: torch.dtype) -> None:
    block = data.draw(strategies.blocks(method, dtype))
    count = len(block.inputs)
    pattern = method.pattern_for(Situation(block.arguments, count, block.base is not None, block.shape))
    if isinstance(pattern, Blend):
        return
    if isinstance(pattern, Rows):
        assert block.inputs[0].dim() == 2
    elif not isinstance(pattern, Whole):
        assert block.inputs[0].dim() == 1
    made = pattern.apply(block)
    assert (made.shape, made.dtype) == (block.inputs[0].shape, dtype)
