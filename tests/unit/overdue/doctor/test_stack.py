"""Findings about the stack's state and its drift, with botocore's Stubber: moto does not support drift detection."""

from datetime import UTC, datetime
from typing import Any

import pytest

from overdue.deploy.stack import State
from overdue.doctor import stack
from tests.unit.overdue.doctor.stubbed_aws import StubbedAws

NAME = {"StackName": "overdue-prod"}


def a_state(status: str, reason: str = "") -> State:
    return State(id="arn:x", status=status, reason=reason, parameters={}, outputs={})


@pytest.mark.parametrize(
    ("status", "level"),
    [
        ("CREATE_COMPLETE", "ok"),
        ("UPDATE_COMPLETE", "ok"),
        ("IMPORT_COMPLETE", "ok"),
        ("UPDATE_ROLLBACK_COMPLETE", "warning"),
        ("UPDATE_IN_PROGRESS", "warning"),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "warning"),
        ("REVIEW_IN_PROGRESS", "error"),
        ("UPDATE_FAILED", "error"),
        ("UPDATE_ROLLBACK_FAILED", "error"),
        ("ROLLBACK_COMPLETE", "error"),
        ("DELETE_FAILED", "error"),
    ],
)
def test_the_level_of_each_stack_status(status: str, level: str) -> None:
    found = stack.judged(a_state(status, "because"), stage="prod")

    assert found.level == level
    assert found.found.startswith(f"overdue-prod is {status}: because")
    assert (found.mend is None) == (level == "ok")


def detect(aws: StubbedAws, *statuses: str, **more: Any) -> None:
    aws.answers("cloudformation", "detect_stack_drift", {"StackDriftDetectionId": "d-1"}, NAME)
    for status in statuses:
        answer = {"StackId": "s", "StackDriftDetectionId": "d-1", "DetectionStatus": status} | more
        answer["Timestamp"] = datetime(2026, 11, 25, tzinfo=UTC)
        aws.answers("cloudformation", "describe_stack_drift_detection_status", answer)


def drifts(aws: StubbedAws, *resources: dict[str, Any], **more: Any) -> None:
    complete = [
        {"StackId": "s", "ResourceType": "AWS::X::Y", "Timestamp": datetime(2026, 11, 25, tzinfo=UTC)} | each
        for each in resources
    ]
    aws.answers("cloudformation", "describe_stack_resource_drifts", {"StackResourceDrifts": complete} | more)


def test_changed_and_deleted_resources_are_reported_once_the_comparison_has_ended() -> None:
    aws = StubbedAws()
    detect(aws, "DETECTION_IN_PROGRESS", "DETECTION_IN_PROGRESS", "DETECTION_COMPLETE")
    difference = {
        "PropertyPath": "/RetentionInDays",
        "ExpectedValue": "30",
        "ActualValue": "7",
        "DifferenceType": "NOT_EQUAL",
    }
    changed = {"LogicalResourceId": "ApiLog", "StackResourceDriftStatus": "MODIFIED"}
    drifts(aws, changed | {"PropertyDifferences": [difference]}, NextToken="more")
    drifts(aws, {"LogicalResourceId": "SweepMissing", "StackResourceDriftStatus": "DELETED"})

    gone, modified = stack.drift(aws.stage())

    assert (gone.level, gone.found) == ("error", "deleted by hand: SweepMissing")
    assert (modified.level, modified.found) == ("warning", "changed by hand: ApiLog (RetentionInDays is 7, not 30)")
    assert modified.mend is not None
    assert "describe-stack-resource-drifts --stack-name overdue-prod" in modified.mend
    assert (aws.clock.at - StubbedAws().clock.at).total_seconds() == 4


def test_a_stack_without_drift_is_ok() -> None:
    aws = StubbedAws()
    detect(aws, "DETECTION_COMPLETE")
    drifts(aws)

    [found] = stack.drift(aws.stage())

    assert (found.level, found.found) == ("ok", "nothing differs from the template")


def test_a_comparison_that_does_not_end_is_given_up_after_90_seconds() -> None:
    aws = StubbedAws()
    detect(aws, *["DETECTION_IN_PROGRESS"] * 46)

    [found] = stack.drift(aws.stage())

    assert (found.level, found.found) == ("warning", "AWS had not finished comparing overdue-prod after 90 s")
    assert (aws.clock.at - StubbedAws().clock.at).total_seconds() == 90


def test_a_comparison_that_failed_for_some_resources_is_a_warning() -> None:
    aws = StubbedAws()
    detect(aws, "DETECTION_FAILED", DetectionStatusReason="no permission to read [Key]")
    drifts(aws)

    [found] = stack.drift(aws.stage())

    assert (found.level, found.found) == ("warning", "not all resources could be compared: no permission to read [Key]")
