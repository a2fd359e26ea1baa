"""Stop an evaluation that uses more CPU than any configuration should be able to cost.

Steps bound an evaluation first, deterministically (`chalicelib.domain.limits.steps`). This is the second line of
defence, for loops that do not count steps. Another thread calls `enforce` regularly, which raises TookTooLong inside
a block that has used up its CPU time. Only Python code can be stopped; C code ends with the invocation
(docs/adr/0016).
"""

import ctypes
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from chalicelib.domain.errors import OverdueError


class TookTooLong(OverdueError):
    """An evaluation used more CPU time than its limit allows."""

    def __init__(self) -> None:
        super().__init__("this check needs more CPU time than one evaluation may use: simplify its schedule or windows")


class CpuLimit:
    """A CPU time limit for blocks of code, each in its own thread."""

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self._lock = threading.Lock()
        self._ends_s: dict[int, float] = {}  # by thread: the CPU time at which its block is stopped

    @contextmanager
    def apply(self) -> Iterator[None]:
        """Run the block under the limit. Blocks in one thread must not nest. Raises TookTooLong."""
        thread = threading.get_ident()
        with self._lock:
            self._ends_s[thread] = time.thread_time() + self._limit_s
        try:
            yield
        finally:
            with self._lock:
                self._ends_s.pop(thread, None)
                _cancel(thread)  # an exception that was set a moment ago must not reach the code after the block

    def enforce(self) -> None:
        """Raise TookTooLong in each block that has used up its time. Takes about 1 µs per block."""
        with self._lock:
            for thread, end_s in list(self._ends_s.items()):
                if _cpu_s(thread) > end_s:
                    del self._ends_s[thread]
                    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(TookTooLong))


def _cancel(thread: int) -> None:
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), None)


def _cpu_s(thread: int) -> float:
    """The CPU time of a thread in seconds; 0 on systems without it, such as macOS, where nothing is stopped."""
    clock = getattr(time, "pthread_getcpuclockid", None)
    return 0.0 if clock is None else time.clock_gettime(clock(thread))
