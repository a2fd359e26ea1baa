"""Whom to tell, step by step, of an outage that lasts and that nobody sees to (docs/reference/rules.md, rule 11).

A step counts from the outage's beginning (`due.told_since`), and goes to its own channels only. What has been told of
this outage stands in the check, so that steps may be edited meanwhile: of those that an edit puts into the past, the
channels are told at once that no step has told yet. When the next is due is told by `due.next_step`; what is told then,
by `outage.escalated`. Start at `step_to_come`.
"""

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from chalicelib.domain.check import Check
from chalicelib.domain.config import Step
from chalicelib.domain.errors import BadInput
from chalicelib.domain.field_errors import FieldError, spelled

MOST = 10  # steps of a check, or of a policy
POLICY_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")


def step_to_come(check: Check) -> Step | None:
    """The next step of an outage that nobody has acknowledged; None when there is none.

    Where it lies before what has been told or edited last, it comes just then, for those it has that no step has told.
    "*" stands for all, and after it nobody is left.
    """
    passed = check.escalated[-1].after if check.escalated else timedelta()
    told = {channel for step in check.escalated for channel in step.channels}
    for step in check.config.escalation:
        if step.after > passed:
            return step
        left = () if "*" in told else tuple(channel for channel in step.channels if channel not in told)
        if left:
            return Step(after=passed, channels=left)
    return None


def edited(check: Check, *, begun: datetime, now: datetime) -> Check:
    """The check before an edit of its steps, in an outage that people have known of since `begun`. What lies before the
    edit is past: a step that tells nobody says so.
    """
    told = tuple(step for step in check.escalated if step.channels)
    return replace(check, escalated=(*told, Step(after=now - begun, channels=())))


def in_order(steps: Iterable[Step]) -> tuple[Step, ...]:
    """Steps as a check holds them, the earliest first. Raises FieldError."""
    found = sorted(steps, key=lambda step: step.after)
    if len(found) > MOST:
        raise FieldError("escalation", "too_many", bound=MOST, value=found)
    for earlier, later in pairwise(found):
        if earlier.after == later.after:
            raise FieldError("escalation", "steps_collide", value=spelled(later.after))
    if not all(step.channels for step in found):
        raise FieldError("escalation", "step_without_channels")
    return tuple(found)


def as_json(step: Step) -> dict[str, object]:
    """A step as it is stored."""
    return {"after": step.after.total_seconds(), "channels": list(step.channels)}


def from_json(said: Any) -> tuple[Step, ...]:
    """Steps as they were stored."""
    return tuple(Step(after=timedelta(seconds=step["after"]), channels=tuple(step["channels"])) for step in said)


def policy_name(text: str) -> str:
    """A name that a policy may have. Raises BadInput."""
    if not POLICY_NAME.fullmatch(text) or text == "off":
        raise BadInput(f'"{text[:60]}" cannot be a policy: use 1 to 40 letters, digits, dots, hyphens and underscores')
    return text
