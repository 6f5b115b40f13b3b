"""Coverage-guided fuzzing of the front ends: whatever the bytes, findings and nothing else, in bounded time.

    pip install atheris
    python -m tests.attacks.fuzz [SECONDS] [CORPUS]

One input is a tongue (its first byte) and a recipe; it is parsed, resolved against the installed methods, formatted and
its findings are drawn. Any other exception than a diagnostic, and any input that takes longer than ten seconds, is a
failure, which libFuzzer writes to a file and reports.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris  # type: ignore[import-not-found]

with atheris.instrument_imports(include=["mergec", "lark"]):
    from mergec.diagnostics import Report, Source
    from mergec.diagnostics.render_text import render_text
    from mergec.hooks import Plugins, load_plugins
    from mergec.recipe import resolve
    from mergec.syntax import parse

LONGEST_SECONDS = 10
TONGUES = ("merge", "yaml")


def check(data: bytes, plugins: Plugins) -> None:
    """Compile up to the recipe, and draw what was found."""
    if not data:
        return
    text = data[1:].decode("utf-8", errors="replace")
    report = Report()
    document = parse(Source(f"recipe.{TONGUES[data[0] % len(TONGUES)]}", text), report)
    if document is not None:
        resolve(document, plugins, (), report)
    elif not report.failed:
        raise AssertionError("no document, and no reason why")
    render_text(report.diagnostics)


def seeds(folder: Path) -> None:
    """Every recipe of the repository, to begin with."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in Path("recipes").iterdir():
        tongue = {".merge": b"\0", ".yaml": b"\1"}.get(path.suffix)
        if tongue is not None:
            folder.joinpath(path.name).write_bytes(tongue + path.read_bytes())


def main() -> None:
    """Fuzz for a time, an hour if none is given."""
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 3600
    corpus = Path(sys.argv[2] if len(sys.argv) > 2 else "fuzz-corpus")
    seeds(corpus)
    plugins = load_plugins(Report())
    options = [f"-max_total_time={seconds}", f"-timeout={LONGEST_SECONDS}", "-max_len=4096", str(corpus)]
    atheris.Setup([sys.argv[0], *options], lambda data: check(data, plugins))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
