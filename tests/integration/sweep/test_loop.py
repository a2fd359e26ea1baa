"""The sweep: alerts at their instant, safe twice at once, and no check or shard that stops the others."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib.domain.alerts import Reason
from chalicelib.domain.check import Status
from chalicelib.domain.ids import Code
from chalicelib.domain.schedule.occurrences import Cron, Every
from chalicelib.store.tables import CheckItem
from chalicelib.sweep.loop import sweep
from tests.builders import utc
from tests.integration.conftest import Deployment, StillClock

HOURLY = Every(timedelta(hours=1))
GRACE = timedelta(minutes=5)


def an_hourly(deployment: Deployment, name: str = "nightly-backup", **config: Any) -> Code:
    """A check whose success at 12:00 makes the next one due at 13:00, missed at 13:05."""
    code = deployment.add(name=name, schedule=HOURLY, grace=GRACE, **config)
    deployment.ping(code, at=utc("2026-03-01T12:00Z"))
    return code


def test_what_is_not_due_is_left_alone(deployment: Deployment) -> None:
    code = an_hourly(deployment)

    assert deployment.sweep(utc("2026-03-01T13:03Z")).looked_at == 0

    assert deployment.check(code).status is Status.UP
    assert deployment.alerts() == []


def test_a_missed_check_goes_down_at_its_deadline_and_people_hear_of_it_once(deployment: Deployment) -> None:
    code = an_hourly(deployment)

    deployment.sweep(utc("2026-03-01T13:07Z"))
    deployment.sweep(utc("2026-03-01T13:08Z"))

    check = deployment.check(code)
    assert (check.status, check.reason, check.since) == (Status.DOWN, Reason.MISSED, utc("2026-03-01T13:05Z"))
    assert check.due_at is None
    [alert] = deployment.alerts()
    assert (alert["subject"], alert["channels"]) == ("DOWN nightly-backup: missed, expected 13:00", ["ops-email"])


def test_the_sweep_waits_for_a_coming_deadline_and_the_second_after_it(deployment: Deployment) -> None:
    code = an_hourly(deployment)
    clock = StillClock(utc("2026-03-01T13:04:20Z"))

    done = sweep(deployment.wiring.ports, clock, deployment.way)

    assert done.looked_at == 1
    assert done.lag_s == pytest.approx(1.0)
    assert deployment.check(code).since == utc("2026-03-01T13:05Z")


def test_a_look_that_takes_longer_than_the_time_box_still_handles_what_is_due(deployment: Deployment) -> None:
    codes = [an_hourly(deployment, name=f"job-{i}") for i in range(3)]

    class Racing(StillClock):
        def now(self) -> datetime:
            self.at += timedelta(seconds=90)
            return self.at

    sweep(deployment.wiring.ports, Racing(utc("2026-03-01T13:06Z")), deployment.way)

    assert {deployment.check(code).status for code in codes} == {Status.DOWN}


def test_a_quiet_minute_ends_at_once(deployment: Deployment) -> None:
    an_hourly(deployment)
    clock = StillClock(utc("2026-03-01T12:30Z"))

    sweep(deployment.wiring.ports, clock, deployment.way)

    assert clock.at == utc("2026-03-01T12:30Z")


def test_what_comes_due_while_the_next_sweep_starts_is_still_handled(deployment: Deployment) -> None:
    code = an_hourly(deployment)

    deployment.sweep(utc("2026-03-01T13:04:00Z"))

    assert deployment.check(code).status is Status.DOWN


def test_a_ping_on_its_way_at_the_deadline_counts(deployment: Deployment) -> None:
    code = an_hourly(deployment)

    class Late(StillClock):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            deployment.ping(code, at=utc("2026-03-01T13:04:59.900Z"))

    sweep(deployment.wiring.ports, Late(utc("2026-03-01T13:04:30Z")), deployment.way)

    assert deployment.check(code).status is Status.UP
    assert deployment.alerts() == []


def test_an_index_that_came_too_early_is_put_right_without_an_alert(deployment: Deployment) -> None:
    code = deployment.add(schedule=Every(timedelta(minutes=1)), grace=timedelta(minutes=5))
    for minute in range(5):
        deployment.ping(code, at=utc("2026-03-01T12:00Z") + timedelta(minutes=minute))
    assert deployment.check(code).due_at == utc("2026-03-01T12:06Z")

    deployment.sweep(utc("2026-03-01T12:06:10Z"))

    assert (deployment.check(code).status, deployment.check(code).due_at) == (Status.UP, utc("2026-03-01T12:10Z"))
    assert deployment.alerts() == []


def test_an_overrun_is_told_at_the_limit(deployment: Deployment) -> None:
    code = deployment.add(schedule=Cron("0 2 * * *", "UTC"), grace=GRACE, max_runtime=timedelta(minutes=90))
    deployment.ping(code, "/start", at=utc("2026-03-01T02:00:04Z"))
    deployment.ping(code, "/log", body=b"shard 7/12: waiting for lock", at=utc("2026-03-01T02:17:31Z"))

    deployment.sweep(utc("2026-03-01T03:30:10Z"))

    [alert] = deployment.alerts()
    assert (alert["reason"], alert["at"]) == ("overrun", "2026-03-01T03:30:04+00:00")
    assert "shard 7/12: waiting for lock" in alert["text"]


def test_a_stalled_worker_is_told_at_the_windows_end_and_recovers_by_a_good_window(deployment: Deployment) -> None:
    code = deployment.add(
        name="orders",
        schedule=Every(timedelta(minutes=1)),
        min_count=500,
        count_window=timedelta(minutes=30),
    )
    for minute in range(0, 30, 5):
        deployment.ping(code, query={"count": "10"}, at=utc("2026-03-01T12:00Z") + timedelta(minutes=minute))
    deployment.sweep(utc("2026-03-01T12:30:01Z"))
    deployment.ping(code, query={"count": "600"}, at=utc("2026-03-01T12:45Z"))
    assert deployment.check(code).status is Status.DOWN
    deployment.sweep(utc("2026-03-01T13:00:01Z"))

    down, up = deployment.alerts()
    assert (down["subject"], up["kind"]) == ("DOWN orders: stalled, 60 of 500 items", "up")
    assert deployment.check(code).status is Status.UP


def test_reminders_come_while_it_is_down(deployment: Deployment) -> None:
    an_hourly(deployment, remind_every=timedelta(hours=2))
    for at in ("13:06", "14:00", "15:06", "17:06"):
        deployment.sweep(utc(f"2026-03-01T{at}Z"))

    kinds = [(alert["kind"], alert["ordinal"]) for alert in deployment.alerts()]

    assert kinds == [("down", 0), ("reminder", 1), ("reminder", 2)]


def test_thirty_checks_due_at_once_are_all_told(deployment: Deployment) -> None:
    codes = [an_hourly(deployment, name=f"job-{i}") for i in range(30)]

    done = deployment.sweep(utc("2026-03-01T13:06Z"))

    assert (done.looked_at, done.pushed_back) == (30, 0)
    [digest] = deployment.alerts()
    assert len({member["id"] for member in digest["digest"]["members"]}) == 30
    assert {deployment.check(code).status for code in codes} == {Status.DOWN}


def test_a_check_that_cannot_be_read_is_pushed_back_and_its_neighbours_are_served(
    deployment: Deployment, caplog: pytest.LogCaptureFixture
) -> None:
    poisoned, sound = an_hourly(deployment, name="poisoned"), an_hourly(deployment, name="sound")
    CheckItem(poisoned).update(actions=[CheckItem.project.set("x"), CheckItem.due_at.remove()])
    break_it(deployment, poisoned)

    done = deployment.sweep(utc("2026-03-01T13:06Z"))

    assert (done.looked_at, done.pushed_back) == (1, 1)
    assert deployment.check(sound).status is Status.DOWN
    assert CheckItem.get(poisoned).due_at == utc("2026-03-01T13:11Z").timestamp()
    assert "check_failed" in caplog.text


def break_it(deployment: Deployment, code: Code) -> None:
    """Give a check a status that nobody knows, due at its old instant."""
    deployment.wiring.ports.tables.client.update_item(
        TableName=deployment.wiring.settings.checks_table,
        Key={"code": {"S": code}},
        UpdateExpression="SET #status = :status, due_at = :due",
        ExpressionAttributeNames={"#status": "status"},
        ExpressionAttributeValues={
            ":status": {"S": "bewitched"},
            ":due": {"N": str(utc("2026-03-01T13:05Z").timestamp())},
        },
    )
