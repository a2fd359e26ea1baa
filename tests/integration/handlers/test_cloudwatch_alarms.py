"""Alarms of CloudWatch move checks as pings do: down, up, once each, and only those that somebody has made."""

from datetime import timedelta

import app as lambda_app
from chalicelib.clock import SystemClock
from chalicelib.domain.alerts import Reason
from chalicelib.domain.check import Status
from chalicelib.domain.configure import Pause, configure
from chalicelib.domain.ids import Code
from chalicelib.domain.schedule.occurrences import Every
from chalicelib.handlers.cloudwatch_alarms import invoked
from chalicelib.store import checks
from tests.builders import days, hours, utc
from tests.integration.conftest import Deployment

YEAR = Every(timedelta(days=365))


def a_change(state: str, at: str, *, name: str = "orders-queue") -> dict[str, object]:
    return {
        "version": "0",
        "id": "c4c1c1c9-6542-e61b-6ef0-8c4d36933a92",
        "detail-type": "CloudWatch Alarm State Change",
        "source": "aws.cloudwatch",
        "account": "123456789012",
        "time": "2026-03-01T12:00:00Z",
        "region": "us-east-1",
        "resources": [f"arn:aws:cloudwatch:us-east-1:123456789012:alarm:{name}"],
        "detail": {
            "alarmName": name,
            "configuration": {"description": "Orders wait"},
            "previousState": {"timestamp": "2026-03-01T11:00:00.000+0000", "value": "OK"},
            "state": {"reason": "Threshold Crossed: 900 > 500", "timestamp": f"{at}.250+0000", "value": state},
        },
    }


def a_check(deployment: Deployment, **config: object) -> Code:
    return deployment.add(name="orders-queue", schedule=YEAR, grace=hours(1), **config)


def test_an_alarm_takes_its_check_down_and_its_end_brings_it_up(deployment: Deployment) -> None:
    code = a_check(deployment)

    lambda_app.alarms(a_change("ALARM", "2026-03-01T12:00:00"), None)
    down = deployment.check(code)
    lambda_app.alarms(a_change("INSUFFICIENT_DATA", "2026-03-01T12:05:00"), None)
    lambda_app.alarms(a_change("OK", "2026-03-01T12:10:00"), None)

    assert (down.status, down.reason, down.since) == (Status.DOWN, Reason.FAILED, utc("2026-03-01T12:00:00.250Z"))
    assert down.last_output == "ALARM: orders-queue\nThreshold Crossed: 900 > 500"
    assert deployment.check(code).status is Status.UP
    assert [alert["kind"] for alert in deployment.alerts()] == ["down", "up"]


def test_the_same_change_brought_twice_counts_once(deployment: Deployment) -> None:
    code = a_check(deployment)

    for _ in range(2):
        invoked(deployment.wiring, SystemClock(), a_change("ALARM", "2026-03-01T12:00:00"))

    assert (deployment.check(code).n_pings, deployment.check(code).failures) == (1, 1)


def test_an_alarm_that_no_check_is_named_for_is_let_go(deployment: Deployment) -> None:
    code = a_check(deployment)

    invoked(
        deployment.wiring, SystemClock(), a_change("ALARM", "2026-03-01T12:00:00", name="overdue-prod-sweep-missing")
    )

    assert deployment.check(code).n_pings == 0


def test_a_check_that_stays_paused_is_not_woken(deployment: Deployment) -> None:
    code = a_check(deployment, manual_resume=True)
    paused = configure(deployment.check(code), Pause(), now=deployment.now - days(1))
    checks.decide(deployment.wiring.ports.tables, paused)

    invoked(deployment.wiring, SystemClock(), a_change("ALARM", "2026-03-01T12:00:00"))

    assert deployment.check(code).status is Status.PAUSED
