"""Sweeps run with a heap like a function's."""

import gc
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="module", autouse=True)
def frozen_heap() -> Iterator[None]:
    """Freeze the heap, as a function does when it starts.

    Otherwise a collection walks through all that earlier tests left, and uses up the CPU time of one evaluation.
    """
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()
