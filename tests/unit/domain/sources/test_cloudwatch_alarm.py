"""What an alarm's event says, and to which check: by its documented sample and what can differ in it
(docs/reference/rules.md, rule 20).
"""

from copy import deepcopy
from typing import Any

import pytest

from chalicelib.domain.ping import Signal
from chalicelib.domain.sources.cloudwatch_alarm import heard_of
from tests.builders import utc

# Amazon CloudWatch User Guide, "Alarm events and EventBridge", sample of a single metric alarm
SAMPLE: dict[str, Any] = {
    "version": "0",
    "id": "c4c1c1c9-6542-e61b-6ef0-8c4d36933a92",
    "detail-type": "CloudWatch Alarm State Change",
    "source": "aws.cloudwatch",
    "account": "123456789012",
    "time": "2019-10-02T17:04:40Z",
    "region": "us-east-1",
    "resources": ["arn:aws:cloudwatch:us-east-1:123456789012:alarm:ServerCpuTooHigh"],
    "detail": {
        "alarmName": "ServerCpuTooHigh",
        "configuration": {
            "description": "Goes into alarm when server CPU utilization is too high!",
            "metrics": [{"id": "30b6c6b2-a864-43a2-4877-c09a1afc3b87", "returnData": True}],
        },
        "previousState": {"timestamp": "2019-10-02T16:59:07.511+0000", "value": "OK"},
        "state": {
            "reason": "Threshold Crossed: 1 out of the last 1 datapoints was greater than the threshold (50.0)",
            "timestamp": "2019-10-02T17:04:40.985+0000",
            "value": "ALARM",
        },
    },
}


def an_event(*, name: str = "ServerCpuTooHigh", state: str = "ALARM", description: str | None = None) -> dict[str, Any]:
    event = deepcopy(SAMPLE)
    event["detail"]["alarmName"], event["detail"]["state"]["value"] = name, state
    if description is not None:
        event["detail"]["configuration"]["description"] = description
    return event


def test_an_alarm_is_a_failure_that_tells_its_reason_at_its_own_instant() -> None:
    heard = heard_of(SAMPLE)

    assert heard is not None
    assert (heard.project, heard.slug) == ("default", "servercputoohigh")
    assert (heard.ping.signal, heard.ping.at) == (Signal.FAIL, utc("2019-10-02T17:04:40.985Z"))
    assert heard.ping.body == (
        b"ALARM: ServerCpuTooHigh\n"
        b"Threshold Crossed: 1 out of the last 1 datapoints was greater than the threshold (50.0)"
    )


def test_the_end_of_an_alarm_is_a_success() -> None:
    heard = heard_of(an_event(state="OK"))

    assert heard is not None
    assert heard.ping.signal is Signal.SUCCESS


def test_insufficient_data_says_nothing() -> None:
    assert heard_of(an_event(state="INSUFFICIENT_DATA")) is None


@pytest.mark.parametrize(
    ("name", "description", "project", "slug"),
    [
        ("Orders queue: depth", "", "default", "orders-queue-depth"),
        ("orders_queue-depth", "", "default", "orders_queue-depth"),
        ("x" * 255, "", "default", "x" * 100),
        ("whatever", "Too many orders wait. overdue:orders-queue", "default", "orders-queue"),
        ("whatever", "overdue:billing/orders-queue (see the runbook)", "billing", "orders-queue"),
        ("as-named", "tells that work is overdue: see the runbook", "default", "as-named"),
    ],
)
def test_an_alarm_means_the_check_of_its_description_or_else_of_its_name(
    name: str, description: str, project: str, slug: str
) -> None:
    heard = heard_of(an_event(name=name, description=description))

    assert heard is not None
    assert (heard.project, heard.slug) == (project, slug)


def test_a_name_without_letters_and_digits_means_no_check() -> None:
    assert heard_of(an_event(name="###", description="")) is None


def test_a_composite_alarm_without_configuration_is_understood() -> None:
    event = an_event(name="all-queues")
    del event["detail"]["configuration"]

    heard = heard_of(event)

    assert heard is not None
    assert heard.slug == "all-queues"
