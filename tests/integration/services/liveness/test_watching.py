"""Who watches the watcher: what functions measure, and when the outside watchdog is called."""

import json
import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

import app as lambda_app
from chalicelib import log
from chalicelib.domain.ids import Code
from chalicelib.domain.keys import Key, Scope
from chalicelib.domain.schedule.occurrences import Every
from chalicelib.domain.sources.canary import SLUG
from chalicelib.runtime import Wiring
from chalicelib.store.registry import projects, sweeps
from chalicelib.sweep.loop import invoked
from chalicelib.sweep.process import Swept
from overdue.local.gateway import Context
from tests.builders import minutes, seconds, utc
from tests.integration.conftest import Deployment, StillClock
from tests.integration.faults import away, throttled
from tests.integration.on_lambda import measured, on_lambda
from tests.stand_in import Asked, Says, StandIn, stand_in

NOON, AFTER_THE_MISS = utc("2026-03-01T12:00Z"), utc("2026-03-01T13:06Z")
QUIET = {"SweepLag": 0.0, "Swept": 1, "OldestOverdue": 0.0}


def an_hourly(deployment: Deployment, name: str = "nightly-backup") -> Code:
    """Missed at 13:05, a minute before AFTER_THE_MISS."""
    code = deployment.add(name=name, schedule=Every(timedelta(hours=1)), grace=timedelta(minutes=5))
    deployment.ping(code, at=NOON)
    return code


def poison(deployment: Deployment, code: Code) -> None:
    """Give a check a status that nobody knows."""
    deployment.wiring.ports.tables.client.update_item(
        TableName=deployment.wiring.settings.checks_table,
        Key={"code": {"S": code}},
        UpdateExpression="SET #status = :status",
        ExpressionAttributeNames={"#status": "status"},
        ExpressionAttributeValues={":status": {"S": "bewitched"}},
    )


@pytest.fixture
def watchdog() -> Iterator[StandIn]:
    with stand_in() as running:
        yield running


def swept(wiring: Wiring, at: datetime = AFTER_THE_MISS) -> None:
    invoked(wiring, StillClock(at), {"detail": {}})


def test_a_quiet_sweep_tells_that_it_was_there(deployment: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    an_hourly(deployment)

    with on_lambda() as wiring:
        swept(wiring, NOON)

    assert measured(capsys) == [QUIET]


def test_a_sweep_notes_for_the_pages_that_it_was_there(deployment: Deployment) -> None:
    assert sweeps.last() is None

    swept(deployment.wiring, NOON)

    assert sweeps.last() == sweeps.LastSweep(NOON, timedelta())


def test_a_sweep_that_cannot_note_it_has_done_its_work_all_the_same(deployment: Deployment) -> None:
    an_hourly(deployment)

    with (
        on_lambda() as wiring,
        throttled(wiring.ports.tables.client, "PutItem", only=lambda call: b'"sweep"' in call["body"]) as refused,
    ):
        swept(wiring)

    assert refused != []
    assert [alert["kind"] for alert in deployment.alerts()] == ["down"]


def test_a_sweep_counts_what_it_told(deployment: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("one", "two", "three"):
        an_hourly(deployment, name)

    with on_lambda() as wiring:
        swept(wiring)

    assert measured(capsys) == [{"Flips": 3, "Alerts": 3, "SweepLag": 60.0, "Swept": 1, "OldestOverdue": 0.0}]


def test_what_sns_does_not_take_is_counted_at_each_try(
    deployment: Deployment, aws: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    an_hourly(deployment)
    aws.sns.delete_topic(TopicArn=deployment.wiring.settings.alerts_topic)

    with on_lambda() as wiring:
        swept(wiring)

    [document] = measured(capsys)
    assert document["Undelivered"] == 4  # at once, after 5, 15 and 35 s
    assert "Alerts" not in document


def test_what_cannot_be_handled_is_counted_and_overdue(
    deployment: Deployment, watchdog: StandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    an_hourly(deployment)

    with on_lambda(OVERDUE_WATCHDOG_URL=watchdog.base) as wiring, throttled(wiring.ports.tables.client, "GetItem"):
        swept(wiring)

    [document] = measured(capsys)
    assert (document["Swept"], document["OldestOverdue"]) == (1, 60.0 + 62.0)
    assert watchdog.asked == []


def test_a_poisoned_check_is_counted_and_keeps_the_watchdog_waiting(
    deployment: Deployment, watchdog: StandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    poison(deployment, an_hourly(deployment))

    with on_lambda(OVERDUE_WATCHDOG_URL=watchdog.base) as wiring:
        swept(wiring)

    [document] = measured(capsys)
    assert (document["PushedBack"], document["Swept"]) == (1, 1)
    assert watchdog.asked == []


def test_a_sweep_that_cannot_read_a_shard_has_not_finished(
    deployment: Deployment,
    watchdog: StandIn,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    an_hourly(deployment)

    def first_shard(params: dict[str, Any]) -> bool:
        return '"N": "0"' in json.dumps(json.loads(params["body"]))

    with (
        on_lambda(OVERDUE_WATCHDOG_URL=watchdog.base) as wiring,
        throttled(wiring.ports.tables.client, "Query", only=first_shard) as refused,
        caplog.at_level(logging.INFO, "overdue"),
    ):
        swept(wiring, NOON)

    assert refused == ["Query"]
    assert measured(capsys) == [{"SweepLag": 0.0}]
    assert json.loads(caplog.messages[-1])["unread_shards"] == 1
    assert watchdog.asked == []


def test_a_sweep_that_runs_out_of_time_leaves_the_watchdog_alone(
    deployment: Deployment, watchdog: StandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(70):  # more than a batch
        an_hourly(deployment, f"job-{number}")

    class Racing(StillClock):
        def now(self) -> datetime:
            self.at += seconds(20)
            return self.at

    with on_lambda(OVERDUE_WATCHDOG_URL=watchdog.base) as wiring:
        invoked(wiring, Racing(AFTER_THE_MISS), {"detail": {}})

    [document] = measured(capsys)
    assert document["Alerts"] < 70
    assert document["OldestOverdue"] > 120
    assert watchdog.asked == []


def test_the_watchdog_is_called_once_after_a_full_sweep_when_the_alerts_are_out(deployment: Deployment) -> None:
    an_hourly(deployment)
    told: list[int] = []

    def answering(_: Asked) -> Says:
        told.append(len(deployment.alerts()))
        return Says()

    with stand_in(answering) as server, on_lambda(OVERDUE_WATCHDOG_URL=f"{server.base}/ping/secret") as wiring:
        swept(wiring)

    assert [(asked.method, asked.path) for asked in server.asked] == [("GET", "/ping/secret")]
    assert told == [1]


def test_the_watchdogs_url_comes_from_ssm_and_is_read_every_ten_minutes(
    deployment: Deployment,  # noqa: ARG001  # the tables
    watchdog: StandIn,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with on_lambda() as wiring:
        swept(wiring, NOON)
        ssm = wiring.watchdog._kept._ssm
        name = "/overdue/test/watchdog-url"
        ssm.put_parameter(Name=name, Value=f"{watchdog.base}/secret", Type="SecureString")
        swept(wiring, NOON + minutes(9))
        assert watchdog.asked == []
        swept(wiring, NOON + minutes(10))
        assert [asked.path for asked in watchdog.asked] == ["/secret"]
        with away(ssm, "GetParameter"):
            swept(wiring, NOON + minutes(20))
        assert len(watchdog.asked) == 2, "while SSM does not answer, the last one is called"
        ssm.delete_parameter(Name=name)
        swept(wiring, NOON + minutes(21))
        swept(wiring, NOON + minutes(30))
    assert len(watchdog.asked) == 2
    assert "watchdog_url_unread" in caplog.text
    assert "secret" not in caplog.text


def test_a_dead_watchdog_harms_nothing(
    deployment: Deployment, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    an_hourly(deployment)

    with on_lambda(OVERDUE_WATCHDOG_URL="http://127.0.0.1:1/secret") as wiring:
        swept(wiring)

    assert measured(capsys)[0]["Swept"] == 1
    assert len(deployment.alerts()) == 1
    assert "watchdog_not_called" in caplog.text
    assert "secret" not in caplog.text


@pytest.mark.parametrize(
    ("done", "is_full"),
    [
        (Swept(oldest_overdue_s=0.0), True),
        (Swept(oldest_overdue_s=10.0), True),
        (Swept(oldest_overdue_s=10.1), False),
        (Swept(oldest_overdue_s=None), False),
        (Swept(oldest_overdue_s=0.0, unread_shards=1), False),
        (Swept(oldest_overdue_s=0.0, pushed_back=1), False),
    ],
)
def test_a_sweep_is_full_when_nothing_is_unread_or_undone(done: Swept, is_full: bool) -> None:
    assert done.is_full is is_full


def test_a_request_is_measured_by_what_it_did(deployment: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    code = deployment.add()
    key = "k" * 32
    projects.add_key(key, Key("default", Scope.READ_WRITE, "ops"), now=NOON)

    with on_lambda():
        deployment.ping(code)
        deployment.ping(code, "/fail", at=NOON + seconds(1))
        deployment.ping(Code("00000000-0000-4000-8000-000000000000"))
        deployment.request("GET", "/api/v3/checks/", headers={"X-Api-Key": key})
        deployment.request("GET", "/nowhere")

    assert measured(capsys) == [{"Flips": 1, "Pings": 1}, {"Flips": 1, "Alerts": 1, "Pings": 1}]


def test_a_write_that_loses_is_counted(deployment: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    code = deployment.add()
    lost: list[dict[str, Any]] = []

    def first(params: dict[str, Any]) -> bool:
        lost.append(params)
        if len(lost) == 1:
            deployment.ping(code, at=NOON)
        return False

    with on_lambda() as wiring, throttled(wiring.ports.tables.client, "UpdateItem", only=first):
        deployment.ping(code, at=NOON + seconds(1))

    inner, outer = measured(capsys)
    assert inner == {"Pings": 1, "Flips": 1}
    assert outer == {"Conflicts": 1, "Pings": 1}


def test_every_line_of_a_sweep_bears_its_request_id(deployment: Deployment, caplog: pytest.LogCaptureFixture) -> None:
    an_hourly(deployment, "sound")
    poison(deployment, an_hourly(deployment, "poisoned"))
    log.invoked(Context("5f0c9b1e-the-sweep"))

    with on_lambda() as wiring, caplog.at_level(logging.INFO, "overdue"):
        swept(wiring)

    lines = [json.loads(record.message) for record in caplog.records if record.name == "overdue"]
    assert {line["event"] for line in lines} == {"alert", "check_failed", "swept"}
    assert {line["request_id"] for line in lines} == {"5f0c9b1e-the-sweep"}


def test_a_scheduled_function_that_fails_is_logged_with_its_id_and_fails(
    deployment: Deployment, caplog: pytest.LogCaptureFixture
) -> None:
    deployment.add(name=SLUG)
    event = dict.fromkeys(("id", "account", "time", "region", "source", "detail-type", "version"), "")
    canary: Any = lambda_app.canary

    with on_lambda() as wiring, away(wiring.ports.tables.client, "Query"), pytest.raises(Exception, match="DynamoDB"):
        canary(event | {"detail": {}, "resources": []}, Context("the-canary"))

    [line] = [json.loads(record.message) for record in caplog.records if record.name == "overdue"]
    assert (line["event"], line["request_id"]) == ("bug", "the-canary")
