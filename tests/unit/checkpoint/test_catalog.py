from mergec.checkpoint import Checkpoint, LocalFolder, natural_key
from mergec.core.dtype import DType
from mergec.core.tensor import TensorEntry, TensorType


def test_digits_compare_as_numbers():
    names = ["h.10.w", "h.2.w", "h.2.b", "h", "h.1.w", "h.02.w", "g.30.9", "g.4.10", "x" + "9" * 5000]
    assert sorted(names, key=natural_key) == [
        "g.4.10", "g.30.9", "h", "h.1.w", "h.2.b", "h.02.w", "h.2.w", "h.10.w", "x" + "9" * 5000,
    ]  # fmt: skip


def test_entries_are_found_by_name():
    entry = TensorEntry("a", TensorType(DType.F32, (1,)), "model.safetensors", 8)
    checkpoint = Checkpoint(LocalFolder("/x", "x"), (), (entry,))
    assert checkpoint.entry("a") is entry
    assert checkpoint.entry("b") is None
    assert checkpoint == Checkpoint(LocalFolder("/x", "x"), (), (entry,))
