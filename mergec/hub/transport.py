"""Requests to the Hub: byte ranges, and patience with a busy server."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

from mergec.diagnostics import MachineFault

ATTEMPTS = 5
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 60.0
_PASSING = frozenset({408, 429, 500, 502, 503, 504})
_MAX_SKIP_BYTES = 1 << 27

_Result = TypeVar("_Result")


class BrokenAnswer(Exception):
    """A body that is cut, or not the range that was asked for."""


def persistently(call: Callable[[], _Result]) -> _Result:
    """What `call` returns; it is tried again where its failure may pass. Raises MachineFault if it does not.

    Between attempts it waits as long as the server's Retry-After says, or twice as long each time. Errors that will
    not pass (not found, no access) are raised as they are.
    """
    for attempt in range(ATTEMPTS):
        try:
            return call()
        except transport_errors() as error:
            if not _may_pass(error):
                raise
            pause = _retry_after_s(error)
            if attempt == ATTEMPTS - 1 or (pause or 0.0) > LONGEST_PAUSE_S:
                raise network_fault(error) from error
            time.sleep(FIRST_PAUSE_S * 2**attempt if pause is None else pause)
    raise AssertionError("unreachable")


def read_range(url: str, offset: int, length: int) -> bytes:
    """`length` bytes of a file on the Hub. A server that sends the whole file is cut off after them.

    Raises BrokenAnswer, and the Hub client's errors.
    """
    from huggingface_hub import constants, get_session
    from huggingface_hub.utils import build_hf_headers, hf_raise_for_status  # type: ignore[attr-defined]

    headers = build_hf_headers(library_name="mergec")
    headers |= {"Range": f"bytes={offset}-{offset + length - 1}", "Accept-Encoding": "identity"}
    timeout_s = constants.HF_HUB_DOWNLOAD_TIMEOUT
    with get_session().stream("GET", url, headers=headers, timeout=timeout_s, follow_redirects=True) as response:
        hf_raise_for_status(response)
        skip = _bytes_to_skip(response, offset)
        data = _take(response.iter_bytes(), skip + length)[skip:]
    if len(data) < length:
        raise BrokenAnswer(f"the server sent {len(data)} of {length} bytes")
    return data


def transport_errors() -> tuple[type[Exception], ...]:
    """What a request can raise. The Hub client's own errors extend httpx's or httpx2's, depending on its version."""
    from huggingface_hub.errors import HfHubHTTPError

    return (BrokenAnswer, *(base for base in HfHubHTTPError.__bases__ if issubclass(base, Exception)))


def network_fault(error: Exception) -> MachineFault:
    """The same failure as a message. The address of the request is left out: it can hold a signature."""
    from huggingface_hub import constants

    if isinstance(error, FileNotFoundError) and isinstance(error.__cause__, Exception):
        error = error.__cause__  # the client wraps a failed request as "not in the cache"
    status = status_of(error)
    what = f"it answers with status {status}" if status else f"{type(error).__name__}: {error}"
    return MachineFault(
        f"the Hub at {constants.ENDPOINT} cannot be read: {what}",
        "try again later, check the network, or use a local copy with --model REF=PATH",
    )


def status_of(error: Exception) -> int | None:
    """The HTTP status that an error of the Hub client is about."""
    status = getattr(getattr(error, "response", None), "status_code", None)
    return status if isinstance(status, int) else None


def _may_pass(error: Exception) -> bool:
    status = status_of(error)
    if status is not None:
        return status in _PASSING
    return not isinstance(error, OSError) or isinstance(error, TimeoutError)


def _retry_after_s(error: Exception) -> float | None:
    value = getattr(getattr(error, "response", None), "headers", {}).get("Retry-After", "")
    if value.isascii() and value.isdigit() and len(value) < 9:
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None


def _bytes_to_skip(response: Any, offset: int) -> int:
    if response.status_code == 206:
        if not response.headers.get("Content-Range", "").startswith(f"bytes {offset}-"):
            raise BrokenAnswer("the server sent another range than it was asked for")
        return 0
    if response.status_code != 200 or offset > _MAX_SKIP_BYTES:
        raise BrokenAnswer(f"the server does not send byte ranges (status {response.status_code})")
    return offset


def _take(chunks: Iterator[bytes], count: int) -> bytes:
    pieces: list[bytes] = []
    for chunk in chunks:
        pieces.append(chunk[:count])
        count -= len(pieces[-1])
        if count == 0:
            break
    return b"".join(pieces)
