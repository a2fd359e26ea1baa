"""The stack's state, and its drift, which moto does not know: by botocore's Stubber."""

from datetime import UTC, datetime
from typing import Any

import pytest

from overdue.deploy.stack import State
from overdue.doctor import stack
from tests.unit.overdue.doctor.clinic import Clinic

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
def test_a_stacks_state_is_judged(status: str, level: str) -> None:
    found = stack.judged(a_state(status, "because"), stage="prod")

    assert found.level == level
    assert found.found.startswith(f"overdue-prod is {status}: because")
    assert (found.mend is None) == (level == "ok")


def begun(clinic: Clinic, *statuses: str, **more: Any) -> None:
    clinic.answers("cloudformation", "detect_stack_drift", {"StackDriftDetectionId": "d-1"}, NAME)
    for status in statuses:
        answer = {"StackId": "s", "StackDriftDetectionId": "d-1", "DetectionStatus": status} | more
        answer["Timestamp"] = datetime(2026, 11, 25, tzinfo=UTC)
        clinic.answers("cloudformation", "describe_stack_drift_detection_status", answer)


def drifts(clinic: Clinic, *found: dict[str, Any], **more: Any) -> None:
    whole = [
        {"StackId": "s", "ResourceType": "AWS::X::Y", "Timestamp": datetime(2026, 11, 25, tzinfo=UTC)} | each
        for each in found
    ]
    clinic.answers("cloudformation", "describe_stack_resource_drifts", {"StackResourceDrifts": whole} | more)


def test_a_comparison_is_awaited_and_what_was_changed_and_deleted_by_hand_is_told_apart() -> None:
    clinic = Clinic()
    begun(clinic, "DETECTION_IN_PROGRESS", "DETECTION_IN_PROGRESS", "DETECTION_COMPLETE")
    difference = {
        "PropertyPath": "/RetentionInDays",
        "ExpectedValue": "30",
        "ActualValue": "7",
        "DifferenceType": "NOT_EQUAL",
    }
    changed = {"LogicalResourceId": "ApiLog", "StackResourceDriftStatus": "MODIFIED"}
    drifts(clinic, changed | {"PropertyDifferences": [difference]}, NextToken="more")
    drifts(clinic, {"LogicalResourceId": "SweepMissing", "StackResourceDriftStatus": "DELETED"})

    gone, modified = stack.drift(clinic.patient())

    assert (gone.level, gone.found) == ("error", "deleted by hand: SweepMissing")
    assert (modified.level, modified.found) == ("warning", "changed by hand: ApiLog (RetentionInDays is 7, not 30)")
    assert modified.mend is not None
    assert "describe-stack-resource-drifts --stack-name overdue-prod" in modified.mend
    assert (clinic.clock.at - Clinic().clock.at).total_seconds() == 4


def test_nothing_differs() -> None:
    clinic = Clinic()
    begun(clinic, "DETECTION_COMPLETE")
    drifts(clinic)

    [found] = stack.drift(clinic.patient())

    assert (found.level, found.found) == ("ok", "nothing differs from the template")


def test_a_comparison_that_does_not_end_is_left_after_a_minute_and_a_half() -> None:
    clinic = Clinic()
    begun(clinic, *["DETECTION_IN_PROGRESS"] * 46)

    [found] = stack.drift(clinic.patient())

    assert (found.level, found.found) == ("warning", "AWS was still comparing overdue-prod after 90 s")
    assert (clinic.clock.at - Clinic().clock.at).total_seconds() == 90


def test_a_comparison_that_failed_for_some_says_so() -> None:
    clinic = Clinic()
    begun(clinic, "DETECTION_FAILED", DetectionStatusReason="no permission to read [Key]")
    drifts(clinic)

    [found] = stack.drift(clinic.patient())

    assert (found.level, found.found) == ("warning", "not all could be compared: no permission to read [Key]")
