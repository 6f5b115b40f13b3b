"""What the system allows a process."""

from __future__ import annotations

import resource

from mergec.diagnostics import MachineFault

OTHER_FILES = 64
"""Open files that are neither inputs nor outputs: streams, the lock, libraries, documents."""


def allow_open_files(count: int) -> None:
    """Let the process have this many files of a build open at once. Raises MachineFault where the system does not."""
    needed = count + OTHER_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or needed <= soft:
        return
    if hard != resource.RLIM_INFINITY and needed > hard:
        raise MachineFault(
            f"the build has {count:,} files open at once, and the system allows {hard:,}",
            help="raise the limit (`ulimit -Hn`), or write fewer files with a larger --shard-size",
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
