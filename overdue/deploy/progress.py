"""Follow the events of a stack operation to its end, and find the failure that caused the others.

Start at `follow`; `first_cause` decides which failure is the cause. `remedies` says what to do about it; `terminal`
shows the events.
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
TRIES = 20  # consecutive polls that may fail: about eight minutes
_BEGINS = ("CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "DELETE_IN_PROGRESS", "IMPORT_IN_PROGRESS")
_CONSEQUENCES = ("Resource creation cancelled", "Resource update cancelled", "Resource deletion cancelled")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """An event of a resource, or of the stack itself."""

    id: str
    at: datetime
    logical_id: str
    type: str
    status: str
    reason: str
    is_of_stack: bool


@dataclass(frozen=True, slots=True)
class Ended:
    """The end of an operation, with all its events, oldest first."""

    state: State | None  # None: the stack is gone
    events: tuple[Event, ...]

    @property
    def went_well(self) -> bool:
        """Whether the operation succeeded. A completed rollback is a failure."""
        status = "DELETE_COMPLETE" if self.state is None else self.state.status
        return status in (
            "CREATE_COMPLETE",
            "DELETE_COMPLETE",
            "IMPORT_COMPLETE",
            "UPDATE_COMPLETE",
        )


def newest(stack: Stack, stack_id: str) -> str | None:
    """The id of the last event so far: a new operation's events come after it. None: no events yet."""
    events = stack.client.describe_stack_events(StackName=stack_id)["StackEvents"]
    return events[0]["EventId"] if events else None


def follow(stack: Stack, stack_id: str, on_event: Callable[[Event], None], *, after: str | None) -> Ended:
    """Pass each event of an operation to `on_event` until the operation has ended.

    `after`: the id of the last event before the operation; None: an operation that is already running, from its first
    event. Retries on transient errors, such as a throttle or no network. Raises ClientError, BotoCoreError.
    """
    seen: list[Event] = []
    wait_s, failed = POLL_S, 0
    while True:
        try:
            state = stack.state(stack_id)  # read before the events, so that none is missed at the end
            new = _since(stack, stack_id, after=seen[-1].id if seen else after, known=bool(seen))
        except (ClientError, BotoCoreError) as error:
            failed += 1
            if failed == TRIES or not is_passing(error):
                raise
            wait_s = min(wait_s * 2, LONGEST_POLL_S)
        else:
            wait_s, failed = POLL_S, 0
            for event in new:
                on_event(event)
            seen += new
            if _has_ended(state, seen):
                return Ended(state, tuple(seen))
        stack.clock.sleep(wait_s)


def _has_ended(state: State | None, events: Sequence[Event]) -> bool:
    """Whether the operation has ended. The state alone is not enough: right after the start it can be the old one."""
    if state is None:
        return True
    last = next((each for each in reversed(events) if each.is_of_stack), None)
    return not state.status.endswith("_IN_PROGRESS") and last is not None and last.status == state.status


def _since(stack: Stack, stack_id: str, *, after: str | None, known: bool) -> list[Event]:
    """The events after one, or since the operation's first event, oldest first. AWS lists the newest first."""
    newest_first: list[Event] = []
    for page in stack.client.get_paginator("describe_stack_events").paginate(StackName=stack_id):
        for row in page["StackEvents"]:
            event = _event(row)
            if event.id == after:
                return newest_first[::-1]
            newest_first.append(event)
            if after is None and not known and event.is_of_stack and event.status in _BEGINS:
                return newest_first[::-1]
    return newest_first[::-1]


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
    """The earliest failure that is not a consequence of another; None if nothing failed."""
    failed = [each for each in events if each.status.endswith("_FAILED")]
    causes = [each for each in failed if not each.reason.startswith(_CONSEQUENCES)]
    of_resources = [each for each in causes if not each.is_of_stack]
    return next(iter(of_resources or causes or failed), None)


def failure(name: str, ended: Ended) -> OverdueError:
    """The error of a failed operation: the resource, the reason, what to do, and the state of the stack."""
    assert ended.state is not None, "a stack that is gone was deleted successfully"
    cause = first_cause(ended.events)
    outcome = f"Stack {name} is now {ended.state.status}: {_stands(ended.state.status)}"
    if cause is None:
        return OverdueError(f"CloudFormation failed: {ended.state.reason or 'AWS gives no reason'}. {outcome}")
    return OverdueError(
        f"{cause.logical_id} ({cause.type}) failed: {cause.reason or 'AWS gives no reason'}\n"
        f"{remedy(cause.reason)}\n{outcome}"
    )


def _stands(status: str) -> str:
    match status:
        case "UPDATE_ROLLBACK_COMPLETE":
            return "it is as before the deploy, and works."
        case "ROLLBACK_COMPLETE" | "ROLLBACK_FAILED" | "CREATE_FAILED":
            return "nothing works yet. The next deploy deletes this stack and keeps the tables."
        case "IMPORT_ROLLBACK_COMPLETE":
            return "the tables are unchanged."
        case "UPDATE_ROLLBACK_FAILED":
            return "the rollback failed. The next deploy retries it."
        case "DELETE_FAILED":
            return "once that is fixed, run `overdue destroy` again."
        case _:
            return "see the CloudFormation console."
