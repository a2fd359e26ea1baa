"""Snooze, unsnooze and acknowledge by the API, and the rules' fields (docs/reference/rules.md, rules 4 and 7–9, 11)."""

import pytest

from chalicelib.domain.check import Status
from chalicelib.domain.ids import Code
from tests.builders import hours, minutes, utc
from tests.integration.conftest import Deployment
from tests.integration.web.calling import Api

NOON = utc("2026-03-01T12:00Z")
RULES = {
    "failures_before_alert": 3,
    "misses_before_alert": 2,
    "first_ping_by": 86400,
    "early": 300,
    "windows": ["0 2 * * 0 for 2h", "2026-12-24T20:00 to 2026-12-25T08:00 in Asia/Tokyo"],
    "schedules": ["0 9 * * 1-5", "Sat 12:00"],
}


@pytest.fixture
def api(deployment: Deployment) -> Api:
    return Api(deployment)


def a_down_check(api: Api, **config: object) -> Code:
    code = api.deployment.add(**config)
    api.deployment.ping(code, at=NOON)
    api.deployment.ping(code, "/fail", at=NOON + minutes(1))
    api.deployment.alerts()
    return code


def test_the_rules_are_taken_and_shown(api: Api) -> None:
    made = api.post("/checks/", {"name": "backup", "tz": "Europe/Berlin", **RULES}, status=201)
    assert {name: made[name] for name in RULES} == RULES
    assert (made["schedule"], made["tz"]) == ("0 9 * * 1-5\nSat 12:00", "Europe/Berlin")
    assert made["due_at"] == "2026-03-02T12:00:00+00:00", "its first ping is awaited"
    kept = api.post(f"/checks/{made['uuid']}", {"grace": 600, "tz": "Asia/Tokyo"})
    assert {name: kept[name] for name in RULES} == RULES
    assert kept["tz"] == "Asia/Tokyo"


def test_a_plain_check_has_none_of_them(api: Api) -> None:
    made = api.post("/checks/", {"name": "backup"}, status=201)
    assert {name: made[name] for name in RULES} == {
        "failures_before_alert": 1,
        "misses_before_alert": 1,
        "first_ping_by": None,
        "early": 0,
        "windows": [],
        "schedules": [],
    }


def test_an_instant_without_an_offset_is_in_the_checks_zone(api: Api) -> None:
    said = {"name": "backup", "tz": "Asia/Tokyo", "first_ping_by": "2026-03-02T09:00"}
    assert api.post("/checks/", said, status=201)["first_ping_by"] == "2026-03-02T00:00:00+00:00"


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ({"failures_before_alert": 0}, "failures_before_alert is too small"),
        ({"misses_before_alert": 101}, "misses_before_alert is too large"),
        ({"first_ping_by": "soon"}, "first_ping_by is not an instant"),
        ({"first_ping_by": 59}, "first_ping_by is too small"),
        ({"first_ping_by": "2020-01-01T00:00:00Z"}, "first_ping_by has passed"),
        ({"early": 86401}, "early is too large"),
        ({"windows": "nightly"}, "windows is not an array"),
        ({"windows": ["nightly"]}, "an item in 'windows' is not a valid window"),
        ({"windows": ["0 2 * * * for 1h"] * 21}, "windows has too many items"),
        ({"schedules": []}, "schedules is empty"),
        ({"schedules": ["61 * * * *"]}, "an item in 'schedules' is not a valid cron or OnCalendar expression"),
        ({"schedule": "30 2 * * *", "windows": ["0 2 * * * for 1h"]}, "windows leave nothing of the schedule"),
    ],
)
def test_what_they_do_not_take_is_refused(api: Api, said: dict[str, object], error: str) -> None:
    assert api.post("/checks/", {"name": "backup", **said}, status=400)["error"] == f"json validation error: {error}"


def test_a_first_ping_that_has_passed_may_be_sent_back_and_no_other_one(api: Api) -> None:
    code = api.deployment.add(first_ping_by=NOON - hours(1))
    shown = api.get(f"/checks/{code}")["first_ping_by"]
    assert api.post(f"/checks/{code}", {"first_ping_by": shown, "tags": "sent back"})["tags"] == "sent back"
    refused = api.post(f"/checks/{code}", {"first_ping_by": "2026-03-01T11:30:00Z"}, status=400)
    assert refused == {
        "error": "json validation error: first_ping_by has passed",
        "detail": 'first_ping_by "2026-03-01T11:30:00Z" has passed: use an instant in the future',
    }


def test_failures_are_counted_in_the_answer_and_told_in_the_alert(api: Api) -> None:
    code = api.deployment.add(failures_before_alert=3)
    api.deployment.ping(code, at=NOON)
    for minute in (1, 2):
        api.deployment.ping(code, "/fail", at=NOON + minutes(minute))
    shown = api.get(f"/checks/{code}", at=NOON + minutes(3))
    assert (shown["status"], shown["failures"]) == ("up", 2)
    assert api.deployment.alerts() == []
    api.deployment.ping(code, "/fail", at=NOON + minutes(3))
    [alert] = api.deployment.alerts()
    assert alert["failures_in_a_row"] == 3
    assert "This is the 3rd failure in a row." in alert["text"]


def test_misses_are_counted_in_the_answer_and_told_in_the_alert(api: Api) -> None:
    from chalicelib.domain.schedule.occurrences import Every

    code = api.deployment.add(schedule=Every(hours(1)), grace=minutes(5), misses_before_alert=2)
    api.deployment.ping(code, at=NOON)
    api.deployment.sweep(NOON + minutes(66))
    shown = api.get(f"/checks/{code}", at=NOON + minutes(67))
    assert (shown["status"], shown["misses"], shown["next_ping"]) == ("up", 1, "2026-03-01T14:00:00+00:00")
    assert api.deployment.alerts() == []
    api.deployment.sweep(NOON + minutes(126))
    [alert] = api.deployment.alerts()
    assert (alert["misses_in_a_row"], alert["expected"]) == (2, "2026-03-01T14:00:00+00:00")
    assert "This is the 2nd miss in a row." in alert["text"]


def test_a_first_ping_that_does_not_come_is_missed(api: Api) -> None:
    code = api.deployment.add(first_ping_by=hours(2))
    api.deployment.sweep(NOON + hours(2))
    [alert] = api.deployment.alerts()
    assert (alert["reason"], alert["last_success"], alert["since"]) == ("missed", None, "2026-03-01T14:00:00+00:00")
    assert "The first success was due by then." in alert["text"]
    assert "it has never pinged" in alert["text"]
    assert api.deployment.check(code).status is Status.DOWN


def test_a_snooze_holds_alerts_and_ends_by_telling_what_is_still_down(api: Api) -> None:
    code = api.deployment.add()
    api.deployment.ping(code, at=NOON)
    shown = api.post(f"/checks/{code}/snooze", {"for": 3600}, at=NOON)
    assert shown["snoozed_until"] == "2026-03-01T13:00:00+00:00"
    api.deployment.ping(code, "/3", at=NOON + minutes(10))
    api.deployment.sweep(NOON + minutes(58))
    assert api.deployment.alerts() == []
    api.deployment.sweep(NOON + minutes(60))
    [alert] = api.deployment.alerts()
    assert (alert["kind"], alert["since"]) == ("down", "2026-03-01T12:10:00+00:00")
    assert "Snoozed until Sun 1 Mar 13:00:00 UTC" in alert["text"]
    assert api.get(f"/checks/{code}", at=NOON + minutes(61))["snoozed_until"] is None


def test_a_snooze_until_a_local_time_and_its_end_by_hand(api: Api) -> None:
    code = api.deployment.add(tz="Europe/Berlin")
    api.deployment.ping(code, at=NOON)
    shown = api.post(f"/checks/{code}/snooze", {"until": "2026-03-02T09:00"}, at=NOON)
    assert shown["snoozed_until"] == "2026-03-02T08:00:00+00:00"
    api.deployment.ping(code, "/fail", at=NOON + minutes(1))
    assert api.post(f"/checks/{code}/unsnooze", at=NOON + minutes(2))["snoozed_until"] is None
    assert [alert["kind"] for alert in api.deployment.alerts()] == ["down"]


@pytest.mark.parametrize(
    "said",
    [{}, {"for": 60, "until": "2026-03-02T09:00"}, {"for": "1h"}, {"for": True}, {"for": 0}, {"for": 10**12},
     {"until": "soon"}, {"until": "2026-03-01T11:59"}, {"until": 5}],
)  # fmt: skip
def test_what_is_no_end_of_a_snooze_is_refused(api: Api, said: dict[str, object]) -> None:
    code = api.deployment.add()
    error = api.post(f"/checks/{code}/snooze", said, status=400, at=NOON)["error"]
    assert error.startswith("json validation error: ")
    assert api.deployment.check(code).snoozed_until is None


def test_acknowledging_stops_reminders_and_says_who(api: Api) -> None:
    code = a_down_check(api, remind_every=minutes(30))
    shown = api.post(f"/checks/{code}/ack", at=NOON + minutes(5))
    assert (shown["acknowledged_at"], shown["acknowledged_by"]) == ("2026-03-01T12:05:00+00:00", "rw")
    api.deployment.sweep(NOON + hours(5))
    assert api.deployment.alerts() == []
    api.deployment.ping(code, at=NOON + hours(6))
    assert [alert["kind"] for alert in api.deployment.alerts()] == ["up"]
    assert api.get(f"/checks/{code}", at=NOON + hours(6))["acknowledged_at"] is None


def test_what_is_not_down_cannot_be_acknowledged(api: Api) -> None:
    code = api.deployment.add()
    answer = api.call("POST", f"/checks/{code}/ack")
    assert (answer.status, answer.text) == (409, "check is not down")


@pytest.mark.parametrize("action", ["snooze", "unsnooze", "ack"])
def test_older_versions_know_nothing_of_it_and_a_read_only_key_may_not(deployment: Deployment, action: str) -> None:
    code = Api(deployment).deployment.add()
    assert Api(deployment, "v2").call("POST", f"/checks/{code}/{action}").status == 404
    assert Api(deployment, role="ro").call("POST", f"/checks/{code}/{action}").status == 401
    assert Api(deployment, role="other").call("POST", f"/checks/{code}/{action}", body=b'{"for": 60}').status == 403
