"""A build that takes its time, to be met in the middle: `python -m tests.support.slow mergec-arguments…`.

It prints a line after each block it writes and waits a little; with MERGEC_TEST_GATE, until a file of that name exists.
"""

from __future__ import annotations

import os
import sys
import time

from mergec.cli.app import main
from mergec.execute.files import Target

PAUSE_S = 0.02


def slow_down() -> None:
    """Let every write to a weight file say so and wait."""
    write = Target.write
    gate = os.environ.get("MERGEC_TEST_GATE")

    def slowly(self: Target, data: memoryview, offset: int) -> None:
        write(self, data, offset)
        if offset:  # not the header
            print("writing", flush=True)
            time.sleep(PAUSE_S)
            while gate and not os.path.exists(gate):
                time.sleep(PAUSE_S)

    Target.write = slowly  # type: ignore[method-assign]


if __name__ == "__main__":
    slow_down()
    sys.argv[0] = "mergec"
    main()
