"""The next step for each status of a stack, and the life of a change set."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from chalicelib.domain.errors import OverdueError
from overdue.deploy.stack import NoChanges, Stack, Step, next_step, parameters
from tests.builders import utc

ID = "arn:aws:cloudformation:us-east-1:123456789012:stack/overdue-test/1"
SET = "arn:aws:cloudformation:us-east-1:123456789012:changeSet/overdue-20260301-120000/1"


@dataclass
class StillClock:
    at: datetime = field(default=utc("2026-03-01T12:00Z"))

    def now(self) -> datetime:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


def a_stack() -> tuple[Stack, Stubber]:
    client = boto3.client(
        "cloudformation", region_name="us-east-1", aws_access_key_id="made-up", aws_secret_access_key="made-up"
    )
    return Stack("overdue-test", client, StillClock()), Stubber(client)


def described(status: str, **more: Any) -> dict[str, Any]:
    return {"Status": status, "ExecutionStatus": "UNAVAILABLE", "ChangeSetId": SET, "StackId": ID, **more}


def stacks(status: str) -> dict[str, Any]:
    return {
        "Stacks": [
            {
                "StackId": ID,
                "StackName": "overdue-test",
                "CreationTime": utc("2026-03-01T12:00Z"),
                "StackStatus": status,
            }
        ]
    }


@pytest.mark.parametrize(
    ("status", "step"),
    [
        (None, Step.CREATE),
        ("REVIEW_IN_PROGRESS", Step.CREATE),
        ("CREATE_IN_PROGRESS", Step.WAIT),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", Step.WAIT),
        ("UPDATE_ROLLBACK_IN_PROGRESS", Step.WAIT),
        ("DELETE_IN_PROGRESS", Step.WAIT),
        ("IMPORT_IN_PROGRESS", Step.WAIT),
        ("CREATE_COMPLETE", Step.UPDATE),
        ("UPDATE_COMPLETE", Step.UPDATE),
        ("UPDATE_ROLLBACK_COMPLETE", Step.UPDATE),
        ("IMPORT_COMPLETE", Step.UPDATE),
        ("UPDATE_FAILED", Step.UPDATE),
        ("CREATE_FAILED", Step.DELETE),
        ("ROLLBACK_COMPLETE", Step.DELETE),
        ("ROLLBACK_FAILED", Step.DELETE),
        ("UPDATE_ROLLBACK_FAILED", Step.CONTINUE),
        ("DELETE_FAILED", Step.REFUSE),
        ("IMPORT_ROLLBACK_FAILED", Step.REFUSE),
    ],
)
def test_each_status_has_one_next_step(status: str | None, step: Step) -> None:
    assert next_step(status) is step


def test_an_empty_change_set_is_not_a_failure_and_is_deleted() -> None:
    stack, aws = a_stack()
    nothing = described("FAILED", StatusReason="The submitted information didn't contain changes. Submit different …")
    aws.add_response("create_change_set", {"Id": SET, "StackId": ID})
    aws.add_response("describe_change_set", described("CREATE_IN_PROGRESS"))
    aws.add_response("describe_change_set", nothing)
    aws.add_response("describe_change_set", nothing)
    aws.add_response("delete_change_set", {})
    aws.add_response("describe_stacks", stacks("UPDATE_COMPLETE"))

    with aws, pytest.raises(NoChanges), stack.proposed("UPDATE", TemplateBody="{}"):
        pass

    aws.assert_no_pending_responses()


def test_the_error_for_a_failed_change_set_has_the_reason() -> None:
    stack, aws = a_stack()
    wrong = described("FAILED", StatusReason="Parameters: [Stage] must have values")
    aws.add_response("create_change_set", {"Id": SET, "StackId": ID})
    aws.add_response("describe_change_set", wrong)
    aws.add_response("describe_change_set", wrong)
    aws.add_response("delete_change_set", {})
    aws.add_response("describe_stacks", stacks("UPDATE_COMPLETE"))

    with aws, pytest.raises(OverdueError, match=r"overdue-test: Parameters: \[Stage\] must have values"):  # noqa: SIM117
        with stack.proposed("UPDATE", TemplateBody="{}"):
            pass


def test_a_proposal_that_nobody_wants_leaves_no_draft_of_a_stack() -> None:
    stack, aws = a_stack()
    ready = described("CREATE_COMPLETE") | {"ExecutionStatus": "AVAILABLE"}
    aws.add_response("create_change_set", {"Id": SET, "StackId": ID})
    aws.add_response("describe_change_set", ready)
    aws.add_response("describe_change_set", ready)
    aws.add_response("delete_change_set", {})
    aws.add_response("describe_stacks", stacks("REVIEW_IN_PROGRESS"))
    aws.add_response("delete_stack", {}, {"StackName": ID})

    with aws, pytest.raises(KeyboardInterrupt), stack.proposed("CREATE", TemplateBody="{}"):
        raise KeyboardInterrupt

    aws.assert_no_pending_responses()


def test_changes_are_read_from_all_pages_past_a_throttle() -> None:
    stack, aws = a_stack()
    changed = {
        "Action": "Modify",
        "LogicalResourceId": "Sweep",
        "ResourceType": "AWS::Lambda::Function",
        "Replacement": "True",
        "Details": [{"Target": {"Attribute": "Properties", "Name": "Code"}}, {"Target": {"Attribute": "Tags"}}],
    }
    added = {"Action": "Add", "LogicalResourceId": "Canary", "ResourceType": "AWS::Lambda::Function"}
    aws.add_response("create_change_set", {"Id": SET, "StackId": ID})
    aws.add_client_error("describe_change_set", "Throttling", "Rate exceeded")
    aws.add_response(
        "describe_change_set", described("CREATE_COMPLETE", NextToken="2", Changes=[{"ResourceChange": changed}])
    )
    aws.add_response("describe_change_set", described("CREATE_COMPLETE", Changes=[{"ResourceChange": added}]))
    aws.add_response("describe_change_set", described("CREATE_COMPLETE") | {"ExecutionStatus": "EXECUTE_COMPLETE"})

    with aws, stack.proposed("UPDATE", TemplateBody="{}") as change_set:
        pass

    [sweep, canary] = change_set.changes
    assert (sweep.logical_id, sweep.replacement, sweep.properties) == ("Sweep", "True", ("Code", "Tags"))
    assert (canary.action, canary.replacement, canary.properties) == ("Add", None, ())


def test_a_parameter_that_is_not_given_keeps_its_value() -> None:
    template = {"Parameters": {"Stage": {}, "Domain": {"Default": ""}, "LogDays": {"Default": 30}, "WatchdogUrl": {}}}

    values = parameters(template, {"Stage": "test"}, known={"Domain": "overdue.example.com", "Stage": "test"})

    assert values == [
        {"ParameterKey": "Stage", "ParameterValue": "test"},
        {"ParameterKey": "Domain", "UsePreviousValue": True},
        {"ParameterKey": "WatchdogUrl", "ParameterValue": ""},
    ]
