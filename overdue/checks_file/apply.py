"""Carries a plan out, one request for each step, and tells how far it came. Start at `apply`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import assert_never

from chalicelib.domain.errors import OverdueError
from overdue.checks_file.plan import Create, Delete, Plan, Step, Update
from overdue.client.api import Api
from overdue.client.http import Unreachable


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was done, and where it stopped: `failed` is the first that was not, None when all were."""

    done: tuple[Step, ...]
    failed: Step | None
    why: str
    is_unknown: bool  # the failed one may have been done all the same: no answer came
    left: tuple[Step, ...]  # not even tried


def apply(plan: Plan, api: Api, *, before_each: Callable[[int, Step], None]) -> Outcome:
    """Do what the plan says, until something fails. The same file applied again goes on from there.

    A check is made under `unique`, so that one whose answer was lost is not made a second time.
    """
    for number, step in enumerate(plan.steps):
        try:
            before_each(number, step)
            _do(step, api)
        except OverdueError as error:
            return _stopped(plan, number, str(error), is_unknown=isinstance(error, Unreachable))
        except KeyboardInterrupt:  # nothing stays half done without being told
            return _stopped(plan, number, "It was interrupted.", is_unknown=True)
    return Outcome(plan.steps, None, "", False, ())


def _stopped(plan: Plan, number: int, why: str, *, is_unknown: bool) -> Outcome:
    return Outcome(plan.steps[:number], plan.steps[number], why, is_unknown, plan.steps[number + 1 :])


def _do(step: Step, api: Api) -> None:
    match step:
        case Create():
            api.create(step.body)
        case Update():
            api.update(step.code, step.body)
        case Delete():
            api.delete(step.code)
        case _:
            assert_never(step)
