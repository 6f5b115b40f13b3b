"""A build that takes its time, to be met in the middle: `python -m tests.support.slow mergec-arguments…`.

It prints a line after each block it writes and waits a little; with MERGEC_TEST_GATE, until a file of that name exists.
With MERGEC_TEST_PROCESSES, workers are processes, however small the model.
"""

from __future__ import annotations

import os
import sys
import time

from mergec.cli.app import main
from mergec.execute import shares
from mergec.execute.files import Target

PAUSE_S = 0.02


def slow_down() -> None:
    """Let every write to a weight file say so and wait."""
    write = Target.write
    gate = os.environ.get("MERGEC_TEST_GATE")

    def slowly(self: Target, data: memoryview, offset: int) -> None:
        write(self, data, offset)
        if offset:  # not the header
            os.write(sys.stdout.fileno(), b"writing\n")  # at once, whatever other workers write
            time.sleep(PAUSE_S)
            while gate and not os.path.exists(gate):
                time.sleep(PAUSE_S)

    Target.write = slowly  # type: ignore[method-assign]


def use_processes() -> None:
    """Let every tensor be a share."""
    shares.LEAST_ELEMENTS = shares.SHARE_ELEMENTS = 1


if __name__ == "__main__":
    slow_down()
    if os.environ.get("MERGEC_TEST_PROCESSES"):
        use_processes()
    sys.argv[0] = "mergec"
    main()
