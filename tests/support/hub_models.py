"""Two small models for the stand-in of the Hub."""

from tests.support.tensor_files import index, tensor_file

CONFIG = b'{"model_type": "llama"}'
SHARDS = {f"model-0000{i}-of-00002.safetensors": tensor_file({f"h.{i}.w": ("F32", (50_000,))}) for i in (1, 2)}
SHARDED = {
    "config.json": CONFIG,
    "model.safetensors.index.json": index({f"h.{i}.w": name for i, name in enumerate(SHARDS, 1)}),
    **SHARDS,
}
SINGLE = {"config.json": CONFIG, "model.safetensors": tensor_file({"a": ("F32", (100_000,))})}
