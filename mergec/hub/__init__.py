"""Models on the Hugging Face Hub: their names, the local cache, and access by byte ranges."""

from mergec.hub.identity import is_hub_id
from mergec.hub.open import open_repository
from mergec.hub.remote import RemoteFile, RemoteFolder

__all__ = ["RemoteFile", "RemoteFolder", "is_hub_id", "open_repository"]
