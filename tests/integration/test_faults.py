"""AWS throttled or away: no ping is lost that was answered with 200, and no alert at all."""

import json
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.domain.check import Status
from chalicelib.domain.ids import Code
from chalicelib.domain.schedule.occurrences import Every
from tests.builders import utc
from tests.integration.conftest import Deployment
from tests.integration.faults import away, throttled


def dynamodb(deployment: Deployment) -> Any:
    return deployment.wiring.ports.tables.client


def sns(deployment: Deployment) -> Any:
    return deployment.wiring.publisher._sns


def an_hourly(deployment: Deployment, name: str) -> Code:
    """Due at 13:00, missed at 13:05."""
    code = deployment.add(name=name, schedule=Every(timedelta(hours=1)), grace=timedelta(minutes=5))
    deployment.ping(code, at=utc("2026-03-01T12:00Z"))
    return code


@pytest.mark.parametrize("operation", ["GetItem", "UpdateItem"])
def test_a_ping_is_refused_with_503_while_dynamodb_is_throttled(deployment: Deployment, operation: str) -> None:
    code = deployment.add()

    with throttled(dynamodb(deployment), operation):
        answer = deployment.ping(code)

    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
    assert answer.text == "try again in a few seconds"
    assert (deployment.check(code).n_pings, deployment.check(code).status) == (0, Status.NEW)
    assert deployment.pings(code) == []


@pytest.mark.parametrize("operation", ["GetItem", "UpdateItem", "PutItem"])
def test_a_ping_is_refused_with_503_while_dynamodb_is_away(deployment: Deployment, operation: str) -> None:
    code = deployment.add()

    with away(dynamodb(deployment), operation):
        answer = deployment.ping(code)

    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")


def test_a_ping_that_is_sent_again_after_a_503_is_recorded(deployment: Deployment) -> None:
    code = deployment.add()
    with away(dynamodb(deployment), "PutItem"):
        deployment.ping(code)

    assert deployment.ping(code).status == 200

    assert deployment.check(code).status is Status.UP
    assert len(deployment.pings(code)) == 1


def test_a_check_that_too_many_change_at_once_is_refused_with_503(deployment: Deployment) -> None:
    code = deployment.add()

    def somebody_else(params: dict[str, Any], **_: Any) -> None:
        call = json.loads(params["body"])
        if ":read_version" in call["ExpressionAttributeValues"]:
            call["ExpressionAttributeValues"][":read_version"]["N"] = "999"
            params["body"] = json.dumps(call).encode()

    events = dynamodb(deployment).meta.events
    events.register("before-call.dynamodb.UpdateItem", somebody_else)
    answer = deployment.ping(code)
    events.unregister("before-call.dynamodb.UpdateItem", somebody_else)

    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
    assert deployment.check(code).n_pings == 0


def test_the_sweep_goes_on_with_the_others_while_one_check_is_throttled(deployment: Deployment) -> None:
    throttled_one, other = an_hourly(deployment, "throttled"), an_hourly(deployment, "other")

    with throttled(dynamodb(deployment), "UpdateItem", only=lambda call: throttled_one in str(call["body"])):
        deployment.sweep(utc("2026-03-01T13:06Z"))

    assert [alert["check"]["name"] for alert in deployment.alerts()] == ["other"]
    assert deployment.check(throttled_one).status is Status.UP

    deployment.sweep(utc("2026-03-01T13:08Z"))

    [alert] = deployment.alerts()
    assert (alert["check"]["name"], alert["at"]) == ("throttled", "2026-03-01T13:05:00+00:00")
    assert deployment.check(other).n_flips == 2


def test_the_sweep_goes_on_with_the_other_shards_while_one_cannot_be_read(deployment: Deployment) -> None:
    codes = [an_hourly(deployment, f"job-{i}") for i in range(40)]
    shard = '":0": {"N": "3"}'

    with throttled(dynamodb(deployment), "Query", only=lambda call: shard in call["body"].decode()) as refused:
        done = deployment.sweep(utc("2026-03-01T13:06Z"))

    assert refused
    assert done.unread_shards >= 1
    unseen = [code for code in codes if int(code[-1], 16) % 8 == 3]
    down = [code for code in codes if deployment.check(code).status is Status.DOWN]
    assert set(down) == set(codes) - set(unseen)


def test_a_ping_answers_200_while_sns_is_away_and_the_alert_comes_later(deployment: Deployment) -> None:
    code = deployment.add()
    with away(sns(deployment), "Publish"):
        answer = deployment.ping(code, "/fail", at=utc("2026-03-01T12:00Z"))

    assert answer.status == 200
    assert deployment.alerts() == []
    assert deployment.check(code).due_at == utc("2026-03-01T12:00:05Z")

    deployment.sweep(utc("2026-03-01T12:00:07Z"))

    assert [alert["kind"] for alert in deployment.alerts()] == ["down"]
    assert (deployment.check(code).alerts, deployment.check(code).due_at) == ((), None)


def test_the_pauses_between_two_tries_grow_until_sns_takes_the_alert(deployment: Deployment) -> None:
    code = deployment.add()
    with away(sns(deployment), "Publish"):
        deployment.ping(code, "/fail", at=utc("2026-03-01T12:00Z"))
        deployment.sweep(utc("2026-03-01T12:00:10Z"))
        [alert] = deployment.check(code).alerts

    assert alert.attempts >= 4
    pause = alert.retry_at - utc("2026-03-01T12:00:10Z")
    assert timedelta(seconds=60) <= pause <= timedelta(minutes=3)

    deployment.sweep(alert.retry_at + timedelta(seconds=2))

    assert [told["id"] for told in deployment.alerts()] == [alert.id]


def test_an_alert_whose_acknowledgement_was_lost_is_told_again_under_the_same_id(deployment: Deployment) -> None:
    code = deployment.add()
    acknowledgement = "REMOVE records"
    with throttled(dynamodb(deployment), "UpdateItem", only=lambda call: acknowledgement in call["body"].decode()):
        assert deployment.ping(code, "/fail", at=utc("2026-03-01T12:00Z")).status == 200

    deployment.restart()
    deployment.sweep(utc("2026-03-01T12:00:10Z"))

    ids = [alert["id"] for alert in deployment.alerts()]
    assert len(ids) == 2
    assert len(set(ids)) == 1


@pytest.mark.parametrize("lost", ["flip_project", "REMOVE records"], ids=["its flip", "its acknowledgement"])
def test_the_process_that_has_sent_an_alert_does_not_repeat_it_when_a_later_write_is_refused(
    deployment: Deployment, lost: str
) -> None:
    code = deployment.add()
    with throttled(dynamodb(deployment), "UpdateItem", only=lambda call: lost in call["body"].decode()) as refused:
        assert deployment.ping(code, "/fail", at=utc("2026-03-01T12:00Z")).status == 200
        deployment.sweep(utc("2026-03-01T12:00:10Z"))
    deployment.sweep(utc("2026-03-01T12:01Z"))

    assert len(refused) >= 2
    [alert] = deployment.alerts()
    [flip] = deployment.flips(code)
    assert {sent.id for sent in flip.sent} == {alert["id"]}
    assert (deployment.check(code).records, deployment.check(code).alerts) == ((), ())


def test_an_alert_leaves_even_if_the_history_refuses_the_flip(deployment: Deployment) -> None:
    code = deployment.add()
    with throttled(dynamodb(deployment), "UpdateItem", only=lambda call: "flip_project" in call["body"].decode()):
        deployment.ping(code, "/fail", at=utc("2026-03-01T12:00Z"))

    assert [alert["kind"] for alert in deployment.alerts()] == ["down"]
    assert deployment.flips(code) == []


def test_a_bug_answers_a_plain_500_and_shows_no_trace(deployment: Deployment, caplog: pytest.LogCaptureFixture) -> None:
    code = deployment.add()

    def bug(**_: Any) -> None:
        raise ZeroDivisionError("a bug of ours")

    events = dynamodb(deployment).meta.events
    events.register("before-call.dynamodb.GetItem", bug)
    answer = deployment.ping(code)
    events.unregister("before-call.dynamodb.GetItem", bug)

    assert answer.status == 500
    assert json.loads(answer.text) == {"error": "an internal error: it is logged, and was not your doing"}
    assert "a bug of ours" in caplog.text


def test_a_check_whose_history_cannot_be_written_refuses_pings_after_ten_records(deployment: Deployment) -> None:
    code = an_hourly(deployment, "backup")
    answers = []

    def flip(number: int) -> None:
        action, at = "/fail" if number % 2 else "", deployment.now + timedelta(seconds=number)
        answers.append(deployment.ping(code, action, at=at).status)

    with away(dynamodb(deployment), "PutItem"):
        for number in range(1, 30):
            flip(number)
    full = deployment.check(code)
    deployment.sweep(deployment.now + timedelta(minutes=1))
    flip(101)

    assert (set(answers[:-1]), answers[-1]) == ({503}, 200)
    assert len(full.records) == 10
    assert deployment.check(code).records == ()
    assert len(deployment.flips(code)) == 12  # the first is from new to up
