"""Code that runs on is stopped; what waits, or has ended in time, is not."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress

from chalicelib.sweep.cpu_limit import CpuLimit, TookTooLong

LIMIT_S = 0.05


def watched(limit: CpuLimit, act: Callable[[], None]) -> None:
    """Let something run in a thread, while this one enforces the limit."""
    thread = threading.Thread(target=act, daemon=True)
    thread.start()
    give_up_s = time.monotonic() + 20
    while thread.is_alive():
        assert time.monotonic() < give_up_s, "it runs on"
        limit.enforce()
        thread.join(0.01)


def test_a_loop_without_end_is_stopped_and_its_thread_goes_on() -> None:
    limit, after = CpuLimit(LIMIT_S), list[str]()

    def run() -> None:
        with suppress(TookTooLong), limit.apply():
            while True:
                pass
        after.append("went on")

    watched(limit, run)

    assert after == ["went on"]


def test_what_only_waits_is_not_stopped() -> None:
    limit, waited, go_on = CpuLimit(LIMIT_S), list[bool](), threading.Event()

    def run() -> None:
        with limit.apply():
            waited.append(go_on.wait(4 * LIMIT_S))

    watched(limit, run)

    assert waited == [False]


def test_the_code_after_a_block_is_never_stopped() -> None:
    """Thousands of blocks that end just about when they are stopped."""
    limit, stopped = CpuLimit(0.0), [0, 0]

    def run() -> None:
        for _ in range(20_000):
            try:
                with limit.apply():
                    sum(range(20))
            except TookTooLong:
                stopped[0] += 1
            stopped[1] += 1

    thread = threading.Thread(target=run)
    thread.start()
    while thread.is_alive():
        limit.enforce()

    assert stopped[1] == 20_000
    assert stopped[0] > 0
