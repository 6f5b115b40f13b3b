import pytest
from huggingface_hub.errors import HFValidationError
from huggingface_hub.utils import validate_repo_id
from hypothesis import given
from hypothesis import strategies as st

from mergec.hub import is_hub_id


@pytest.mark.parametrize(
    "reference",
    ["gpt2", "org/name", "HuggingFaceTB/SmolLM-135M", "TinyLlama/TinyLlama-1.1B-Chat-v1.0", "a", "a/b", "_x/y_",
     "o/" + "n" * 96],
)  # fmt: skip
def test_ids(reference: str):
    assert is_hub_id(reference)


@pytest.mark.parametrize(
    "reference",
    ["", "./models/foo", "../foo", "models/foo/bar", "/abs/foo", "~/foo", "org/", "/name", "a//b", "a\\b", "C:\\m",
     "a b", "org/na me", "a--b", "a..b", ".hidden", "org/.hidden", "name.", "-x", "x.git", "é/x", "a/b\n", "a@main",
     "a+b", "o/" + "n" * 97, "hf://a/b"],
)  # fmt: skip
def test_paths_and_nonsense(reference: str):
    assert not is_hub_id(reference)


@given(st.text("ab0-_./", max_size=12))
def test_never_more_than_the_hub_client_allows(reference: str):
    if is_hub_id(reference):
        validate_repo_id(reference)
    elif reference and reference[0] not in "-." and reference[-1] not in "-.":
        with pytest.raises(HFValidationError):
            validate_repo_id(reference)
