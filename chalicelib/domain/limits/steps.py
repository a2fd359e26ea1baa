"""Count the steps of an evaluation, and stop it when it takes too many (docs/reference/rules.md, rule 22).

No configuration may cost unbounded CPU. A step is one pass through a loop whose length depends on the
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


SEARCH_STEPS = 8  # steps of one search for the next occurrence of one expression: 5-10 µs, so a step is about 1 µs
DECISION_STEPS = 40_000  # steps that one decision about a check may take; accepted checks need far fewer

_left: ContextVar[list[int] | None] = ContextVar("steps_left", default=None)


def spend(steps: int = 1) -> None:
    """Take steps from the budget of the current thread. Raise OverBudget when it is used up.

    Outside `limited_to`, do nothing.
    """
    left = _left.get()
    if left is None:
        return
    left[0] -= steps
    if left[0] < 0:
        raise OverBudget("this check needs more steps than one evaluation may take: simplify its schedule or windows")


@contextmanager
def limited_to(steps: int) -> Iterator[list[int]]:
    """Give the block its own budget; an outer budget is not charged meanwhile.

    Yields a list of one element: the steps that are left.
    """
    left = [steps]
    token = _left.set(left)
    try:
        yield left
    finally:
        _left.reset(token)
