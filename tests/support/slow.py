"""A build that takes its time, to be met in the middle: `python -m tests.support.slow mergec-arguments…`.

It prints a line once the first block is written, and waits after each block.
"""

from __future__ import annotations

import sys
import time

from mergec.cli.app import main
from mergec.execute.files import Target

PAUSE_S = 0.02


def slow_down() -> None:
    """Let every write to a weight file say so and wait."""
    write = Target.write

    def slowly(self: Target, data: memoryview, offset: int) -> None:
        write(self, data, offset)
        if offset:  # not the header
            print("writing", flush=True)
            time.sleep(PAUSE_S)

    Target.write = slowly  # type: ignore[method-assign]


if __name__ == "__main__":
    slow_down()
    sys.argv[0] = "mergec"
    main()
