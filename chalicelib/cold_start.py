"""The garbage collector while a function starts: off, because nothing is garbage yet.

Otherwise it walks through all that was imported, and through botocore's models from 2 MB of JSON, again and again: a
quarter of the CPU of a cold start (Python 3.11).
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache


@contextmanager
def collector_off(step: str) -> Iterator[None]:
    """Keep the collector off during a step of the start, and let it skip afterwards all that is there."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        _freeze(step)
        if was_on:
            gc.enable()


@cache
def _freeze(_step: str) -> None:
    """Once a process for each step: what has become garbage since would never be freed."""
    gc.freeze()
