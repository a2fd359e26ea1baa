"""Count the steps of an evaluation, and stop one that takes too many.

What a user configures must never cost unbounded CPU. A step is one pass through a loop whose length depends on the
configuration: a calendar day tried, a window expanded, an occurrence passed. Steps are counted instead of timed, so
that the same configuration is accepted or refused on every machine. Loops call `spend`; callers open a budget with
`limited_to`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from chalicelib.domain.errors import OverdueError


class OverBudget(OverdueError):
    """An evaluation took more steps than its budget allows."""


DECISION = 40_000  # steps that one decision about a check may take: no check that is accepted comes near

_left: ContextVar[list[int] | None] = ContextVar("steps_left", default=None)


def spend(steps: int = 1) -> None:
    """Take steps from the budget of the current thread. Raise OverBudget when it is used up; outside `limited_to`,
    do nothing.
    """
    left = _left.get()
    if left is None:
        return
    left[0] -= steps
    if left[0] < 0:
        raise OverBudget("this check needs more steps than one evaluation may take: simplify its schedule or windows")


@contextmanager
def limited_to(steps: int) -> Iterator[None]:
    """Give the block a budget of its own; an outer budget waits meanwhile, and is not charged."""
    token = _left.set([steps])
    try:
        yield
    finally:
        _left.reset(token)
