"""Following a stack operation to its end, and finding the failure that caused the others."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from chalicelib.domain.errors import OverdueError
from overdue.deploy.deployment import followed
from overdue.deploy.progress import TRIES, Ended, Event, failure, first_cause, follow
from overdue.deploy.remedies import remedy
from overdue.deploy.stack import Change, Stack, State
from tests.builders import utc

ID = "arn:aws:cloudformation:us-east-1:123456789012:stack/overdue-test/1"
STACK = "AWS::CloudFormation::Stack"


class CountingClock:
    """A clock that records sleeps, or raises KeyboardInterrupt at the first one."""

    def __init__(self, *, interrupt: bool = False) -> None:
        self.slept: list[float] = []
        self._interrupt = interrupt

    def now(self) -> Any:
        return utc("2026-03-01T12:00Z")

    def sleep(self, seconds: float) -> None:
        if self._interrupt:
            raise KeyboardInterrupt
        self.slept.append(seconds)


class RecordingConsole:
    """A console that records its lines and events."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, text: str) -> None:
        self.lines.append(text)

    def show(self, changes: tuple[Change, ...]) -> None:
        raise AssertionError(changes)

    def agree(self, question: str) -> None:
        raise AssertionError(question)

    @contextmanager
    def watching(self, what: str) -> Iterator[Callable[[Event], None]]:
        self.lines.append(what)
        yield lambda event: self.lines.append(event.logical_id)


def watched(clock: CountingClock) -> tuple[Stack, Stubber]:
    client = boto3.client(
        "cloudformation", region_name="us-east-1", aws_access_key_id="made-up", aws_secret_access_key="made-up"
    )
    return Stack("overdue-test", client, clock), Stubber(client)


def poll(aws: Stubber, status: str, *events: dict[str, Any]) -> None:
    """Script the answers of one poll: the stack's status and its events, given oldest first."""
    description = {
        "StackId": ID,
        "StackName": "overdue-test",
        "CreationTime": utc("2026-03-01T12:00Z"),
        "StackStatus": status,
    }
    aws.add_response("describe_stacks", {"Stacks": [description]}, {"StackName": ID})
    aws.add_response("describe_stack_events", {"StackEvents": list(events)[::-1]}, {"StackName": ID})


def row(
    number: int, status: str, logical_id: str = "overdue-test", kind: str = STACK, reason: str = ""
) -> dict[str, Any]:
    return {
        "StackId": ID,
        "EventId": str(number),
        "StackName": "overdue-test",
        "LogicalResourceId": logical_id,
        "ResourceType": kind,
        "Timestamp": utc("2026-03-01T12:00Z"),
        "ResourceStatus": status,
        "ResourceStatusReason": reason,
    }


OLD = row(0, "CREATE_COMPLETE")
BEGUN = row(1, "UPDATE_IN_PROGRESS")
CREATING = row(2, "CREATE_IN_PROGRESS", "Topic", "AWS::SNS::Topic")
DONE = row(3, "UPDATE_COMPLETE")


def test_a_status_from_before_the_operation_is_not_its_end() -> None:
    clock = CountingClock()
    stack, aws = watched(clock)
    poll(aws, "CREATE_COMPLETE", OLD)
    poll(aws, "CREATE_COMPLETE", OLD, BEGUN)  # the status was read just before the operation began
    poll(aws, "UPDATE_IN_PROGRESS", OLD, BEGUN, CREATING)
    poll(aws, "UPDATE_COMPLETE", OLD, BEGUN, CREATING, DONE)
    shown: list[str] = []

    with aws:
        ended = follow(stack, ID, lambda event: shown.append(f"{event.status} {event.logical_id}"), after="0")

    assert shown == ["UPDATE_IN_PROGRESS overdue-test", "CREATE_IN_PROGRESS Topic", "UPDATE_COMPLETE overdue-test"]
    assert ended.went_well
    assert clock.slept == [2.0, 2.0, 2.0]


def test_a_running_operation_is_shown_from_its_first_event() -> None:
    stack, aws = watched(CountingClock())
    poll(aws, "UPDATE_IN_PROGRESS", row(-1, "CREATE_IN_PROGRESS"), OLD, BEGUN, CREATING)
    poll(aws, "UPDATE_COMPLETE", row(-1, "CREATE_IN_PROGRESS"), OLD, BEGUN, CREATING, DONE)

    with aws:
        ended = follow(stack, ID, lambda _: None, after=None)

    assert [event.id for event in ended.events] == ["1", "2", "3"]


def test_throttles_are_retried_with_growing_pauses() -> None:
    clock = CountingClock()
    stack, aws = watched(clock)
    aws.add_client_error("describe_stacks", "Throttling", "Rate exceeded")
    aws.add_client_error("describe_stacks", "InternalFailure", "", http_status_code=500)
    poll(aws, "UPDATE_IN_PROGRESS", OLD, BEGUN)
    poll(aws, "UPDATE_COMPLETE", OLD, BEGUN, DONE)

    with aws:
        assert follow(stack, ID, lambda _: None, after="0").went_well

    assert clock.slept == [4.0, 8.0, 2.0]


def test_retries_are_limited_and_a_refusal_is_not_retried() -> None:
    stack, aws = watched(CountingClock())
    for _ in range(TRIES):
        aws.add_client_error("describe_stacks", "Throttling", "Rate exceeded")
    with aws, pytest.raises(ClientError, match="Rate exceeded"):
        follow(stack, ID, lambda _: None, after="0")

    stack, aws = watched(CountingClock())
    aws.add_client_error("describe_stacks", "AccessDenied", "no")
    with aws, pytest.raises(ClientError, match="AccessDenied"):
        follow(stack, ID, lambda _: None, after="0")


def test_ctrl_c_says_that_cloudformation_continues() -> None:
    stack, aws = watched(CountingClock(interrupt=True))
    poll(aws, "UPDATE_IN_PROGRESS", OLD, BEGUN)

    with aws, pytest.raises(OverdueError, match=r"continues with overdue-test.*Run the same command again"):
        followed(stack, ID, RecordingConsole(), after="0", doing="Deploying")


def an_event(status: str, logical_id: str, reason: str, *, is_of_stack: bool = False) -> Event:
    kind = STACK if is_of_stack else "AWS::Lambda::Function"
    at = utc("2026-03-01T12:00Z")
    return Event(id="", at=at, logical_id=logical_id, type=kind, status=status, reason=reason, is_of_stack=is_of_stack)


FAILED = (
    an_event("CREATE_IN_PROGRESS", "Sweep", ""),
    an_event("CREATE_FAILED", "Canary", "Resource creation cancelled"),
    an_event(
        "CREATE_FAILED", "Sweep", "Specified ReservedConcurrentExecutions decreases UnreservedConcurrentExecution"
    ),
    an_event("CREATE_FAILED", "Notifier", "another one"),
    an_event("ROLLBACK_IN_PROGRESS", "overdue-test", "The following resource(s) failed: [Sweep]", is_of_stack=True),
    an_event("ROLLBACK_COMPLETE", "overdue-test", "", is_of_stack=True),
)


def a_state(status: str, reason: str = "") -> State:
    return State(id=ID, status=status, reason=reason, parameters={}, outputs={})


def test_the_first_cause_is_the_earliest_failure_that_is_not_a_consequence() -> None:
    cause = first_cause(FAILED)

    assert cause is not None
    assert cause.logical_id == "Sweep"
    assert first_cause(FAILED[:1]) is None


def test_a_failure_names_the_resource_the_reason_what_to_do_and_the_state_of_the_stack() -> None:
    message = str(failure("overdue-test", Ended(a_state("ROLLBACK_COMPLETE"), FAILED)))

    assert message.splitlines() == [
        (
            "Sweep (AWS::Lambda::Function) failed: Specified ReservedConcurrentExecutions decreases "
            "UnreservedConcurrentExecution"
        ),
        (
            "This account's Lambda concurrency is too low to reserve a part of it, as in new accounts. Request 1000 in "
            "Service Quotas (Lambda, concurrent executions), then deploy again."
        ),
        (
            "Stack overdue-test is now ROLLBACK_COMPLETE: nothing works yet. The next deploy deletes this stack and "
            "keeps the tables."
        ),
    ]


def test_a_failure_without_a_failed_resource_gives_the_stacks_own_reason() -> None:
    message = str(failure("overdue-test", Ended(a_state("UPDATE_ROLLBACK_COMPLETE", "Stack policy denies it"), ())))

    assert "CloudFormation failed: Stack policy denies it." in message
    assert message.endswith("UPDATE_ROLLBACK_COMPLETE: it is as before the deploy, and works.")


@pytest.mark.parametrize(
    ("reason", "part"),
    [
        ("User is not authorized to perform: iam:CreateRole on resource: x", "These credentials lack iam:CreateRole."),
        ("Resource handler returned message: x already exists", "use another --stage"),
        ("The certificate is not issued", "The certificate must be issued"),
        ("RRSet with DNS name x is not permitted in zone", "The hosted zone must be"),
        ("Rate exceeded", "AWS was busy. Deploy again."),
        ("Something else", "Fix that, then deploy again."),
    ],
)
def test_each_known_reason_has_its_remedy(reason: str, part: str) -> None:
    assert part in remedy(reason)
