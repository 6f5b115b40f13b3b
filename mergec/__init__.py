"""mergec: a compiler for merges of neural-network checkpoints."""

__version__ = "0.1.0"
