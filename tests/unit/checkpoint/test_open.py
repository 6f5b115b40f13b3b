from pathlib import Path

import pytest

from mergec.checkpoint import Checkpoint, LocalFolder, open_checkpoint
from mergec.diagnostics import Code, Report, Severity, Source, Span
from tests.support.tensor_files import index, tensor_file

ONE = tensor_file({"a": ("F32", (2,))})
TWO = tensor_file({"b": ("F32", (2,))})
INDEX = "model.safetensors.index.json"


def write(root: Path, **files: bytes) -> LocalFolder:
    return write_all(root, {name.replace("__", "."): data for name, data in files.items()})


def write_all(root: Path, files: dict[str, bytes]) -> LocalFolder:
    for name, data in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    return LocalFolder(str(root), "m")


def opened(folder: LocalFolder, warnings: int = 0) -> Checkpoint:
    report = Report()
    checkpoint = open_checkpoint(folder, report)
    assert not report.failed, report.diagnostics
    assert checkpoint is not None
    assert len(report.warnings) == warnings
    return checkpoint


def refused(folder: LocalFolder) -> tuple[tuple[Code, str, str], ...]:
    report = Report()
    assert open_checkpoint(folder, report) is None
    return tuple((d.code, d.message, d.help or "") for d in report.diagnostics if d.severity is Severity.ERROR)


def test_a_single_file(tmp_path: Path):
    checkpoint = opened(write(tmp_path, model__safetensors=ONE))
    assert [f.name for f in checkpoint.files] == ["model.safetensors"]
    assert checkpoint.files[0].size_bytes == len(ONE)
    assert checkpoint.entry("a").offset == len(ONE) - 8


def test_shards_in_natural_order(tmp_path: Path):
    shards = {f"part{i}.safetensors": tensor_file({f"h.{i}.w": ("F32", (1,))}) for i in (10, 2, 1)}
    listed = index({f"h.{i}.w": f"part{i}.safetensors" for i in (10, 2, 1)})
    checkpoint = opened(write_all(tmp_path, {**shards, INDEX: listed}))
    assert [t.name for t in checkpoint.tensors] == ["h.1.w", "h.2.w", "h.10.w"]
    assert [f.name for f in checkpoint.files] == ["part1.safetensors", "part10.safetensors", "part2.safetensors"]


def test_many_shards_are_read_the_same(tmp_path: Path):
    shards = {f"s{i}.safetensors": tensor_file({f"h.{i}.w": ("F32", (i,))}) for i in range(20)}
    listed = index({f"h.{i}.w": f"s{i}.safetensors" for i in range(20)})
    checkpoint = opened(write_all(tmp_path, {**shards, INDEX: listed}))
    assert [t.type.shape for t in checkpoint.tensors] == [(i,) for i in range(20)]


def test_the_single_file_wins_over_an_index_with_a_warning(tmp_path: Path):
    files = {"model.safetensors": ONE, INDEX: index({"b": "s.safetensors"}), "s.safetensors": TWO}
    assert opened(write_all(tmp_path, files), warnings=1).entry("b") is None


def test_numbered_shards_without_index(tmp_path: Path):
    files = {"model-00001-of-00002.safetensors": ONE, "model-00002-of-00002.safetensors": TWO}
    assert len(opened(write_all(tmp_path, files)).tensors) == 2


@pytest.mark.parametrize("extra", ["adapter_model.safetensors", "consolidated.safetensors"])
def test_one_file_of_another_name(tmp_path: Path, extra: str):
    checkpoint = opened(write_all(tmp_path, {"tuned.safetensors": ONE, extra: TWO}))
    assert [f.name for f in checkpoint.files] == ["tuned.safetensors"]


@pytest.mark.parametrize(
    ("files", "code", "message"),
    [
        ({}, Code.MISSING_FILE, "empty folder"),
        ({"config.json": b"{}"}, Code.MISSING_FILE, "no weights"),
        ({"a.safetensors": ONE, "b.safetensors": TWO}, Code.BAD_CHECKPOINT, "several weight files"),
        ({"pytorch_model.bin": b"x"}, Code.PICKLE, "pickle files only"),
        ({"consolidated.00.pth": b"x"}, Code.PICKLE, "pickle files only"),
        ({"m.Q4.gguf": b"x"}, Code.BAD_CHECKPOINT, "GGUF only"),
        ({"tf_model.h5": b"x", "flax_model.msgpack": b"x"}, Code.BAD_CHECKPOINT, "Flax and TensorFlow only"),
        ({"adapter_model.safetensors": ONE}, Code.BAD_CHECKPOINT, "an adapter, not a whole model"),
        ({"adapter_model.bin": b"x"}, Code.BAD_CHECKPOINT, "an adapter, not a whole model"),
        ({"consolidated.safetensors": ONE}, Code.BAD_CHECKPOINT, "consolidated.safetensors only"),
        ({"unet/model.safetensors": ONE}, Code.MISSING_FILE, "subfolders only: unet"),
        ({"model-00002-of-00003.safetensors": ONE}, Code.MISSING_FILE, "2 of 3 shards missing: model-00001-of-00003"),
        ({"model-00001-of-00001.safetensors": ONE, "model-00001-of-00002.safetensors": ONE}, Code.BAD_CHECKPOINT,
         "2 sets"),
        ({"model.safetensors": tensor_file({})}, Code.BAD_CHECKPOINT, "holds no tensors"),
        ({"model.safetensors": ONE[:-1]}, Code.BAD_CHECKPOINT, "cut short: 1 of 8 data bytes"),
        ({"model.safetensors": b""}, Code.BAD_CHECKPOINT, "0 bytes"),
    ],
)  # fmt: skip
def test_folders_that_cannot_be_used(tmp_path: Path, files: dict[str, bytes], code: Code, message: str):
    ((found, text, help),) = refused(write_all(tmp_path, files))
    assert found is code
    assert text.startswith("m: ")
    assert message in text
    assert help or "no tensors" in text


def test_pickles_come_with_a_command_to_convert(tmp_path: Path):
    ((_, _, help),) = refused(write_all(tmp_path, {"pytorch_model.bin": b"x"}))
    assert "from_pretrained('m').save_pretrained('m-safetensors')" in help


def test_a_clone_without_large_files(tmp_path: Path):
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12\n"
    ((_, message, help),) = refused(write(tmp_path, model__safetensors=pointer))
    assert "pointer of Git LFS" in message
    assert "git lfs pull" in help


def test_no_folder_at_all(tmp_path: Path):
    assert refused(LocalFolder(str(tmp_path / "absent"), "m"))[0][0] is Code.MISSING_MODEL
    (tmp_path / "model.safetensors").write_bytes(ONE)
    ((code, message, _),) = refused(LocalFolder(str(tmp_path / "model.safetensors"), "m"))
    assert (code, message) == (Code.MISSING_MODEL, "m: is a file; a model is a folder")


def test_all_problems_at_once(tmp_path: Path):
    listed = index({"a": "1.safetensors", "b": "2.safetensors", "c": "3.safetensors", "d": "4.safetensors"})
    found = refused(write_all(tmp_path, {INDEX: listed, "1.safetensors": ONE[:-3], "2.safetensors": ONE}))
    assert [code for code, _, _ in found] == [Code.MISSING_FILE, Code.BAD_CHECKPOINT, Code.MISSING_TENSOR]
    assert "2 of 4 shards missing: 3.safetensors, 4.safetensors" in found[0][1]
    assert "1.safetensors: the file is cut short" in found[1][1]
    assert "'b'" in found[2][1]
    assert "'c'" not in found[2][1]


def test_a_tensor_in_two_shards(tmp_path: Path):
    listed = index({"a": "1.safetensors", "b": "2.safetensors"})
    both = tensor_file({"a": ("F32", (2,)), "b": ("F32", (2,))})
    ((code, message, _),) = refused(write_all(tmp_path, {INDEX: listed, "1.safetensors": ONE, "2.safetensors": both}))
    assert code is Code.BAD_CHECKPOINT
    assert "'a' (1.safetensors, 2.safetensors)" in message


def test_headers_are_right_where_the_index_is_wrong(tmp_path: Path):
    files = {"1.safetensors": ONE, "2.safetensors": TWO, INDEX: index({"a": "2.safetensors", "b": "1.safetensors"})}
    assert opened(write_all(tmp_path, files), warnings=1).entry("a").file == "1.safetensors"


def test_a_tensor_that_only_the_index_knows(tmp_path: Path):
    files = {"1.safetensors": ONE, INDEX: index({"a": "1.safetensors", "x": "1.safetensors"})}
    ((code, message, _),) = refused(write_all(tmp_path, files))
    assert code is Code.MISSING_TENSOR
    assert message.endswith("lists tensors that no file holds: 'x'")


def test_tensors_the_index_forgets_count(tmp_path: Path):
    both = tensor_file({"a": ("F32", (2,)), "b": ("F32", (2,))})
    checkpoint = opened(write_all(tmp_path, {INDEX: index({"a": "1.safetensors"}), "1.safetensors": both}), warnings=1)
    assert checkpoint.entry("b") is not None


def test_findings_point_at_the_recipe(tmp_path: Path):
    report = Report()
    span = Span(Source("r.merge", "model m = 'm'"), 10, 13)
    open_checkpoint(write_all(tmp_path, {}), report, span)
    assert report.diagnostics[0].span == span


class Counting(LocalFolder):
    __slots__ = ("reads",)

    def read(self, name: str, offset: int = 0, length: int | None = None) -> bytes:
        self.reads.append((name, offset, length))
        return LocalFolder.read(self, name, offset, length)


def counting(folder: LocalFolder) -> Counting:
    made = Counting(folder.path, folder.label)
    object.__setattr__(made, "reads", [])
    return made


def test_a_header_takes_one_read_or_two_and_no_data(tmp_path: Path):
    small = tensor_file({f"model.layers.{i}.mlp.down_proj.weight": ("F32", (1 << 16,)) for i in range(30)})
    folder = counting(write(tmp_path / "small", model__safetensors=small))
    opened(folder)
    assert [read[1:] for read in folder.reads] == [(0, 1 << 16)]
    large = tensor_file({f"model.layers.{i}.mlp.down_proj.weight": ("F32", (1,)) for i in range(3000)})
    folder = counting(write(tmp_path / "large", model__safetensors=large))
    opened(folder)
    assert len(folder.reads) == 2
    assert sum(length for _, _, length in folder.reads) == len(large) - 3000 * 4


def test_an_index_tells_how_much_of_a_shard_to_read(tmp_path: Path):
    names = [f"model.layers.{i}.mlp.down_proj.weight" for i in range(100)]
    shard = tensor_file(dict.fromkeys(names, ("F32", (1 << 12,))))
    files = {"s.safetensors": shard, INDEX: index(dict.fromkeys(names, "s.safetensors"))}
    folder = counting(write_all(tmp_path, files))
    opened(folder)
    (read,) = (r for r in folder.reads if r[0] == "s.safetensors")
    assert read[2] < 25_000
