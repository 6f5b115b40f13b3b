"""The language server: what an editor asks about a recipe, answered from the text and the checkpoints' headers."""
