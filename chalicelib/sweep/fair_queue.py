"""A queue that serves projects in turn, so that one with 10,000 checks due does not delay the others.

Start at `FairQueue`. It decides only the order; `rounds` decides what is queued (docs/adr/0016).
"""

from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class FairQueue(Generic[T]):
    """First in, first out within a project; round-robin between projects."""

    def __init__(self) -> None:
        self._by_project: dict[str, deque[T]] = {}  # the first project is next
        self._size = 0

    def __len__(self) -> int:
        """The number of entries of all projects."""
        return self._size

    def add(self, project: str, entry: T) -> None:
        """Append an entry to its project's queue."""
        self._by_project.setdefault(project, deque()).append(entry)
        self._size += 1

    def pop(self, *, is_allowed: Callable[[str], bool] = lambda _: True) -> tuple[str, T] | None:
        """Remove the next entry of the first allowed project. None if no allowed project has one."""
        for project, entries in self._by_project.items():
            if is_allowed(project):
                del self._by_project[project]
                entry = entries.popleft()
                if entries:
                    self._by_project[project] = entries  # at the end of the turn
                self._size -= 1
                return project, entry
        return None
