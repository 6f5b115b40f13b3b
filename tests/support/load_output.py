"""Load a built checkpoint with transformers, and let it say a few tokens."""

from __future__ import annotations

import sys

from transformers import AutoModelForCausalLM, AutoTokenizer


def main(directory: str) -> int:
    model, info = AutoModelForCausalLM.from_pretrained(directory, dtype="auto", output_loading_info=True)
    tokenizer = AutoTokenizer.from_pretrained(directory)
    inputs = tokenizer("Hello", return_tensors="pt")
    tokens = model.generate(**inputs, max_new_tokens=5, do_sample=False)
    missing, unexpected = info["missing_keys"], info["unexpected_keys"]
    print(f"{directory} loads in transformers: {model.num_parameters():,} parameters, {model.dtype}")
    print(f"missing keys: {len(missing)}, unexpected keys: {len(unexpected)}")
    print(f"generated {tokens.shape[1] - inputs['input_ids'].shape[1]} tokens")
    return 1 if missing or unexpected else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1]))
