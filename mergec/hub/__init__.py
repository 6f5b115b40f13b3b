"""Models on the Hugging Face Hub: their names, the local cache, and access by byte ranges."""

from mergec.hub.identity import is_hub_id
from mergec.hub.open import is_at_hand, open_repository

__all__ = ["is_at_hand", "is_hub_id", "open_repository"]
