"""The canary's days: a miss that was told, one that was not, and no canary at all."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

import app as lambda_app
from chalicelib.domain.channels import Channel
from chalicelib.domain.check import Status
from chalicelib.domain.configure import Pause, configure
from chalicelib.domain.ids import Code
from chalicelib.domain.keys import Key, Scope
from chalicelib.domain.schedule.occurrences import Every
from chalicelib.domain.sources.canary import GRACE, PERIOD, SLUG
from chalicelib.handlers.canary import invoked
from chalicelib.runtime import Wiring
from chalicelib.services.transaction import change
from chalicelib.store.registry import projects
from tests.builders import hours, seconds, utc
from tests.integration.conftest import Deployment, StillClock
from tests.integration.on_lambda import measured, on_lambda

DAY_1, DAY_2, DAY_3 = utc("2026-03-02T10:00Z"), utc("2026-03-03T10:00Z"), utc("2026-03-04T10:00Z")
MISS = timedelta(minutes=2, seconds=5)  # after its ping
KEY = "k" * 32


@pytest.fixture
def wiring(deployment: Deployment) -> Iterator[Wiring]:
    """The deployment as its functions see it."""
    assert deployment.now < DAY_1, "its channel is there before the first miss"
    with on_lambda() as made:
        yield made


def a_canary(deployment: Deployment, **config: Any) -> Code:
    return deployment.add(name=SLUG, schedule=Every(PERIOD), grace=GRACE, **config)


def test_a_miss_that_was_told_is_a_good_day(
    deployment: Deployment, wiring: Wiring, capsys: pytest.CaptureFixture[str]
) -> None:
    code = a_canary(deployment)

    invoked(wiring, StillClock(DAY_1), {})
    deployment.sweep(DAY_1 + MISS)
    invoked(wiring, StillClock(DAY_2), {})

    first, second = measured(capsys)
    assert "CanaryFailed" not in first
    assert second == {"Pings": 1, "Flips": 1, "Alerts": 1, "CanaryFailed": 0}
    subjects = [alert["subject"].partition(":")[0] for alert in deployment.alerts()]
    assert subjects == [f"DOWN {SLUG}", f"UP {SLUG}"]
    assert deployment.check(code).status is Status.UP


def test_without_a_sweep_the_day_has_failed(
    deployment: Deployment,
    wiring: Wiring,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    a_canary(deployment)

    invoked(wiring, StillClock(DAY_1), {})
    invoked(wiring, StillClock(DAY_2), {})

    assert measured(capsys)[1]["CanaryFailed"] == 1
    [line] = [json.loads(message) for message in caplog.messages if "canary_failed" in message]
    assert line["missing"] == "it was not seen to miss after its ping of 2026-03-02T10:00:00+00:00"


def test_a_topic_that_took_nothing_fails_the_day(
    deployment: Deployment,
    wiring: Wiring,
    aws: Any,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    a_canary(deployment)
    invoked(wiring, StillClock(DAY_1), {})
    aws.sns.delete_topic(TopicArn=deployment.wiring.settings.alerts_topic)

    deployment.sweep(DAY_1 + MISS)
    invoked(wiring, StillClock(DAY_2), {})

    assert measured(capsys)[-1]["CanaryFailed"] == 1
    [line] = [json.loads(message) for message in caplog.messages if "canary_failed" in message]
    assert line["missing"] == "SNS has not taken the alert of the miss at 2026-03-02T10:02:00+00:00"


def test_a_channel_that_was_not_told_fails_the_day_until_it_is(
    deployment: Deployment, wiring: Wiring, capsys: pytest.CaptureFixture[str]
) -> None:
    chat = Channel(id=str(uuid4()), name="chat", kind="sqs", target="", subscription="")
    projects.add_channel("default", chat, now=deployment.now)
    code = a_canary(deployment, channels=(chat.id,))
    invoked(wiring, StillClock(DAY_1), {})
    deployment.sweep(DAY_1 + MISS)

    edit(deployment, code, {"channels": "chat,ops-email"}, at=DAY_1 + hours(2))
    invoked(wiring, StillClock(DAY_2), {})
    deployment.sweep(DAY_2 + MISS)
    invoked(wiring, StillClock(DAY_3), {})

    assert [day["CanaryFailed"] for day in measured(capsys) if "CanaryFailed" in day] == [1, 0]


def edit(deployment: Deployment, code: Code, fields: dict[str, str], *, at: datetime) -> None:
    """Change the canary as an operator would."""
    projects.add_key(KEY, Key("default", Scope.READ_WRITE, "ops"), now=deployment.now)
    headers = {"X-Api-Key": KEY, "Content-Type": "application/json"}
    answer = deployment.request(
        "POST", f"/api/v3/checks/{code}", at=at, headers=headers, body=json.dumps(fields).encode()
    )
    assert answer.status == 200


def test_a_run_that_is_repeated_judges_once(
    deployment: Deployment, wiring: Wiring, capsys: pytest.CaptureFixture[str]
) -> None:
    a_canary(deployment)
    invoked(wiring, StillClock(DAY_1), {})
    deployment.sweep(DAY_1 + MISS)
    invoked(wiring, StillClock(DAY_2), {})

    invoked(wiring, StillClock(DAY_2 + seconds(20)), {})

    assert [day["CanaryFailed"] for day in measured(capsys) if "CanaryFailed" in day] == [0]


@pytest.mark.parametrize("name", ["nightly-backup", "canary"])
def test_without_a_canary_nothing_happens(
    deployment: Deployment, wiring: Wiring, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    code = deployment.add(name=name)

    invoked(wiring, StillClock(DAY_1), {})

    assert deployment.check(code).n_pings == 0
    assert measured(capsys) == []


def test_one_that_is_paused_is_left_alone(
    deployment: Deployment, wiring: Wiring, capsys: pytest.CaptureFixture[str]
) -> None:
    code = a_canary(deployment)
    invoked(wiring, StillClock(DAY_1), {})
    capsys.readouterr()
    change(deployment.wiring.ports, code, lambda check: configure(check, Pause(), now=DAY_1 + hours(2)))

    invoked(wiring, StillClock(DAY_2), {})

    assert (deployment.check(code).status, deployment.check(code).n_pings) == (Status.PAUSED, 1)
    assert measured(capsys) == []


def test_the_function_runs_when_the_domain_says() -> None:
    sources: list[Any] = lambda_app.app.event_sources
    [schedule] = [source for source in sources if source.name == "canary"]

    assert schedule.schedule_expression.to_string() == "cron(0 10 * * ? *)"
