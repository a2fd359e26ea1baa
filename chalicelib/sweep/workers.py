"""Threads that work for several projects at once; one project never gets all of them.

Start at `Workers.start`. A job runs in a thread and returns a function that then runs in the caller's thread, so the
caller needs no locks.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from types import TracebackType
from typing import Self, TypeVar

from chalicelib import log

Then = Callable[[], None]
T = TypeVar("T")
R = TypeVar("R")


class Workers:
    """A pool of `number` threads, as a context manager."""

    def __init__(self, number: int, *, most_per_project: int) -> None:
        self._number = number
        self._most_for_one = most_per_project
        self._pool = ThreadPoolExecutor(number, initializer=log.within, initargs=(log.invocation(),))
        self._running: dict[Future[Then], str] = {}
        self._per_project: Counter[str] = Counter()

    def __enter__(self) -> Self:
        """Nothing to prepare: threads start with their first jobs."""
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        """Wait for the jobs that run."""
        self._pool.shutdown(cancel_futures=True)

    @property
    def is_busy(self) -> bool:
        """Whether a job runs."""
        return bool(self._running)

    def has_room(self, project: str) -> bool:
        """Whether a job of this project would start immediately."""
        return len(self._running) < self._number and self._per_project[project] < self._most_for_one

    def start(self, project: str, job: Callable[[], Then]) -> None:
        """Run a job in a thread."""
        self._running[self._pool.submit(job)] = project
        self._per_project[project] += 1

    def finish(self, timeout_s: float) -> None:
        """Wait until a job ends, then run the functions that ended jobs returned. Raises exceptions of jobs."""
        ended, _ = wait(self._running, timeout_s, FIRST_COMPLETED)
        for each in ended:
            self._per_project[self._running.pop(each)] -= 1
        for each in ended:
            each.result()()

    def map(self, act: Callable[[T], R], values: Iterable[T]) -> Iterator[R]:
        """Apply `act` to several values concurrently; yield the results in order."""
        return self._pool.map(act, values)
