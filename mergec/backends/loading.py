"""Loading torch, which is most of the time that a small build takes."""

from __future__ import annotations

import ctypes
import os
import threading
from importlib.util import find_spec

LIBRARY = os.path.join("lib", "libtorch_cpu.so")

_LOADER = "load torch's library"

_NOW = 2
"""`RTLD_NOW` of Linux's dlfcn.h."""


def load_torch_ahead() -> None:
    """Have the system load torch's library while this thread does something else; `import torch` then finds it there.

    Does nothing where there is no second processor for it, and leaves every error to the import.
    """
    spec = find_spec("torch")
    if spec is None or spec.origin is None or len(os.sched_getaffinity(0)) < 2:
        return
    path = os.path.join(os.path.dirname(spec.origin), LIBRARY)
    if not os.path.isfile(path):
        return
    load = ctypes.CDLL(None).dlopen  # called like this it does not hold the interpreter; ctypes.CDLL(path) would
    load.restype = ctypes.c_void_p
    threading.Thread(target=load, args=(os.fsencode(path), ctypes.c_int(_NOW)), name=_LOADER, daemon=True).start()


def load_torch() -> None:
    """Import torch: on one thread, before others wait for it. No thread of `load_torch_ahead` is left."""
    import torch  # noqa: F401

    for thread in threading.enumerate():
        if thread.name == _LOADER:
            thread.join()
