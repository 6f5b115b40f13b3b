"""Numbers as people read them."""

from __future__ import annotations


def bytes_text(count: int) -> str:
    """Decimal units, three figures: `2.20 GB`."""
    return _scaled(count, (("TB", 10**12), ("GB", 10**9), ("MB", 10**6), ("kB", 10**3)), "B")


def count_text(count: int) -> str:
    """Thousands, millions and billions: `1.10 B`."""
    return _scaled(count, (("T", 10**12), ("B", 10**9), ("M", 10**6), ("k", 10**3)), "").rstrip()


def counted(count: int, noun: str) -> str:
    """`1 tensor`, `3 tensors`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _scaled(count: int, units: tuple[tuple[str, int], ...], smallest: str) -> str:
    for unit, size in units:
        if count >= size:
            value = count / size
            digits = 2 if value < 10 else 1 if value < 100 else 0
            return f"{value:.{digits}f} {unit}"
    return f"{count} {smallest}"


def number_text(value: float) -> str:
    """Six figures at most, no trailing zeros."""
    return f"{value:.6g}" if value else "0"  # not -0


def parse_bytes(text: str) -> int:
    """`5GB` (decimal), `2GiB` (binary), `5B` and plain numbers. Raises ValueError."""
    units = {"": 1, "B": 1, "K": 10**3, "KB": 10**3, "M": 10**6, "MB": 10**6, "G": 10**9, "GB": 10**9, "T": 10**12}
    units |= {"TB": 10**12, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "TIB": 2**40}
    stripped = text.strip()
    digits = stripped.rstrip("BKMGTibkmgtI ")
    unit = stripped[len(digits) :].strip().upper()
    if unit not in units:
        raise ValueError(f"`{text}` is not a size; write for example 5GB or 512MiB")
    try:
        size = int(float(digits) * units[unit])
    except (ValueError, OverflowError):
        raise ValueError(f"`{text}` is not a size; write for example 5GB or 512MiB") from None
    if size <= 0:
        raise ValueError(f"`{text}` is not a size above zero")
    return size


def listed_words(words: tuple[str, ...]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


SHOWN = 4


def listed(names: list[str]) -> str:
    """The first few names, and how many more there are."""
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(f"`{n}`" for n in names[:SHOWN]) + more
