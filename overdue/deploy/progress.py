"""A running operation of a stack: follow its events to the end, and name what really went wrong.

Start at `follow`; `first_cause` decides which failure is the cause. What to do about it is `remedies`' business, how it
looks `watching`'s.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.domain.errors import OverdueError
from overdue.aws.account import is_passing
from overdue.deploy.remedies import remedy
from overdue.deploy.stack import POLL_S, Stack, State

LONGEST_POLL_S = 30.0
TRIES = 20  # polls that may fail one after another: about eight minutes
_BEGINS = ("CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "DELETE_IN_PROGRESS", "IMPORT_IN_PROGRESS")
_CONSEQUENCES = ("Resource creation cancelled", "Resource update cancelled", "Resource deletion cancelled")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What happened to a resource, or to the stack itself."""

    id: str
    at: datetime
    logical_id: str
    type: str
    status: str
    reason: str
    is_of_stack: bool


@dataclass(frozen=True, slots=True)
class Ended:
    """How an operation ended, with all that happened since it began, oldest first."""

    state: State | None  # None: the stack is gone
    events: tuple[Event, ...]

    @property
    def went_well(self) -> bool:
        """Whether it did what was asked for, rather than undo it."""
        status = "DELETE_COMPLETE" if self.state is None else self.state.status
        return status in (
            "CREATE_COMPLETE",
            "DELETE_COMPLETE",
            "IMPORT_COMPLETE",
            "UPDATE_COMPLETE",
        )


def newest(stack: Stack, stack_id: str) -> str | None:
    """The last event so far, after which a new operation's events begin; None: none yet."""
    found = stack.client.describe_stack_events(StackName=stack_id)["StackEvents"]
    return found[0]["EventId"] if found else None


def follow(stack: Stack, stack_id: str, tell: Callable[[Event], None], *, after: str | None) -> Ended:
    """Tell each event of an operation until it has ended.

    `after`: the last event before it; None: an operation that others began, told from its beginning. What passes by
    itself (a throttle, a network that is away) is waited out. Raises ClientError, BotoCoreError.
    """
    seen: list[Event] = []
    wait_s, failed = POLL_S, 0
    while True:
        try:
            state = stack.state(stack_id)  # before its events, so that none of them is missed at the end
            found = _since(stack, stack_id, after=seen[-1].id if seen else after, known=bool(seen))
        except (ClientError, BotoCoreError) as error:
            failed += 1
            if failed == TRIES or not is_passing(error):
                raise
            wait_s = min(wait_s * 2, LONGEST_POLL_S)
        else:
            wait_s, failed = POLL_S, 0
            for event in found:
                tell(event)
            seen += found
            if _has_ended(state, seen):
                return Ended(state, tuple(seen))
        stack.clock.sleep(wait_s)


def _has_ended(state: State | None, events: Sequence[Event]) -> bool:
    """Whether nothing goes on any more. The state alone does not tell: right after the start it may be the old one."""
    if state is None:
        return True
    last = next((each for each in reversed(events) if each.is_of_stack), None)
    return not state.status.endswith("_IN_PROGRESS") and last is not None and last.status == state.status


def _since(stack: Stack, stack_id: str, *, after: str | None, known: bool) -> list[Event]:
    """Events after one, or from the beginning of the operation, oldest first. AWS has the newest first."""
    found: list[Event] = []
    for page in stack.client.get_paginator("describe_stack_events").paginate(StackName=stack_id):
        for row in page["StackEvents"]:
            event = _event(row)
            if event.id == after:
                return found[::-1]
            found.append(event)
            if after is None and not known and event.is_of_stack and event.status in _BEGINS:
                return found[::-1]
    return found[::-1]


def _event(row: Any) -> Event:
    return Event(
        id=row["EventId"],
        at=row["Timestamp"],
        logical_id=row["LogicalResourceId"],
        type=row["ResourceType"],
        status=row["ResourceStatus"],
        reason=row.get("ResourceStatusReason", ""),
        is_of_stack=row["ResourceType"] == "AWS::CloudFormation::Stack",
    )


def first_cause(events: Sequence[Event]) -> Event | None:
    """The earliest failure that is no consequence of another; None: nothing failed."""
    failed = [each for each in events if each.status.endswith("_FAILED")]
    causes = [each for each in failed if not each.reason.startswith(_CONSEQUENCES)]
    of_resources = [each for each in causes if not each.is_of_stack]
    return next(iter(of_resources or causes or failed), None)


def failure(name: str, ended: Ended) -> OverdueError:
    """What went wrong, with which resource, how the stack stands now, and what to do."""
    assert ended.state is not None, "a stack that is gone was deleted, which is no failure"
    cause = first_cause(ended.events)
    stands = f"Stack {name} is now {ended.state.status}: {_stands(ended.state.status)}"
    if cause is None:
        said = f": {ended.state.reason}" if ended.state.reason else ""
        return OverdueError(f"CloudFormation did not do it{said}. {stands}")
    return OverdueError(
        f"{cause.logical_id} ({cause.type}) failed: {cause.reason or 'AWS does not say why'}\n"
        f"{remedy(cause.reason)}\n{stands}"
    )


def _stands(status: str) -> str:
    match status:
        case "UPDATE_ROLLBACK_COMPLETE":
            return "as it was before, and working"
        case "ROLLBACK_COMPLETE" | "ROLLBACK_FAILED" | "CREATE_FAILED":
            return "nothing works yet; the next deploy removes what is left of it, and keeps the tables"
        case "IMPORT_ROLLBACK_COMPLETE":
            return "the tables are as they were"
        case "UPDATE_ROLLBACK_FAILED":
            return "the way back got stuck; the next deploy tries it again"
        case "DELETE_FAILED":
            return "run `overdue destroy` again once that is mended"
        case _:
            return "look at it in CloudFormation's console"
