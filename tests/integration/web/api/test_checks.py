"""What the Management API does beyond the recorded answers: extras, derived states, slugs, deletion, channels."""

import json
from uuid import uuid4

import pytest

from chalicelib.domain.channels import Channel
from chalicelib.domain.check import Status
from chalicelib.domain.schedule.occurrences import Every
from chalicelib.store.registry import projects, slug_claims
from tests.builders import hours, minutes, utc
from tests.integration.conftest import PING_KEY, Deployment
from tests.integration.web.calling import Api

EXTRAS = {"max_runtime": 5400, "min_runtime": 60, "min_count": 500, "count_window": 300, "remind_every": 86400}
NOTHING = dict.fromkeys(EXTRAS)


@pytest.fixture
def api(deployment: Deployment) -> Api:
    return Api(deployment)


def test_v3_takes_and_shows_what_overdue_adds(api: Api) -> None:
    made = api.post("/checks/", {"name": "backup", **EXTRAS}, status=201)
    assert {name: made[name] for name in EXTRAS} == EXTRAS
    assert (made["reason"], made["runs"], made["due_at"]) == (None, [], None)
    cleared = api.post(f"/checks/{made['uuid']}", NOTHING)
    assert {name: cleared[name] for name in EXTRAS} == NOTHING


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_older_versions_neither_take_nor_show_it(deployment: Deployment, version: str) -> None:
    made = Api(deployment, version).post("/checks/", {"name": "backup", "max_runtime": "not even a number"}, status=201)
    assert made.keys().isdisjoint({*EXTRAS, "reason", "runs", "due_at"})


def test_a_minimum_without_its_window_is_refused_and_nothing_changes(api: Api) -> None:
    code = api.deployment.add(name="backup")
    refused = api.post(f"/checks/{code}", {"desc": "new", "min_count": 5}, status=400)
    assert refused["error"] == "json validation error: min_count and count_window go together"
    assert api.deployment.check(code).config.desc == ""


def test_a_bad_schedule_is_told_in_the_wires_words_and_then_in_detail(api: Api) -> None:
    refused = api.post("/checks/", {"schedule": "61 * * * *"}, status=400)
    assert refused["error"] == "json validation error: schedule is not a valid cron or OnCalendar expression"
    assert refused["detail"].startswith('schedule "61 * * * *": minute')


def test_a_schedule_that_is_over_is_accepted_with_a_warning(api: Api) -> None:
    warnings = ["This schedule never occurs again, so no success is expected."]
    made = api.post("/checks/", {"schedule": "2020-01-01"}, status=201)
    assert made["warnings"] == warnings
    assert api.get(f"/checks/{made['uuid']}")["warnings"] == warnings
    assert api.post(f"/checks/{made['uuid']}", {"schedule": "0 2 * * *"})["warnings"] == []


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_older_versions_show_no_warnings(deployment: Deployment, version: str) -> None:
    assert "warnings" not in Api(deployment, version).post("/checks/", {"schedule": "2020-01-01"}, status=201)


@pytest.mark.parametrize(
    "fields",
    [
        {"schedule": "*-02-30"},
        {"schedule": "1999-01-01\n1998-01-01"},
        {"schedule": "Sun *-03-25..31 02:*:*", "tz": "Europe/Berlin"},
        {"schedule": "Sun *-03~07/1 02:*:* Europe/Berlin"},
    ],
)
def test_a_schedule_that_never_occurs_is_refused(api: Api, fields: dict[str, str]) -> None:
    refused = api.post("/checks/", fields, status=400)
    assert refused["error"] == "json validation error: schedule is not a valid cron or OnCalendar expression"
    assert "never occurs" in refused["detail"]


def test_open_runs_are_shown_with_their_ids(api: Api) -> None:
    code, rid = api.deployment.add(name="backup", grace=hours(1)), str(uuid4())
    api.deployment.ping(code, "/start", query={"rid": rid}, at=utc("2026-03-01T12:00Z"))
    api.deployment.ping(code, "/start", at=utc("2026-03-01T12:01Z"))
    found = api.get(f"/checks/{code}", at=utc("2026-03-01T12:02Z"))
    assert found["runs"] == [
        {"rid": rid, "started": "2026-03-01T12:00:00+00:00", "overran": False},
        {"rid": None, "started": "2026-03-01T12:01:00+00:00", "overran": False},
    ]
    assert found["due_at"] == "2026-03-01T13:00:00+00:00"


@pytest.mark.parametrize(
    ("at", "status", "next_ping"),
    [
        pytest.param("2026-03-01T12:59:59Z", "up", "2026-03-01T13:00:00+00:00", id="a second before it is expected"),
        pytest.param("2026-03-01T13:00Z", "grace", "2026-03-01T13:00:00+00:00", id="when it is expected"),
        pytest.param("2026-03-01T13:04:59Z", "grace", "2026-03-01T13:00:00+00:00", id="a second before its deadline"),
        pytest.param("2026-03-01T13:05Z", "down", None, id="at its deadline, though no sweep has been"),
    ],
)
@pytest.mark.parametrize("path", ["/checks/", "/checks/{code}"])
def test_a_status_is_that_of_the_moment(api: Api, path: str, at: str, status: str, next_ping: str | None) -> None:
    code = api.deployment.add(name="backup", schedule=Every(hours(1)), grace=minutes(5))
    api.deployment.ping(code, at=utc("2026-03-01T12:00Z"))
    found = api.get(path.format(code=code), at=utc(at))
    [check] = found.get("checks", [found])
    assert (check["status"], check["next_ping"]) == (status, next_ping)
    assert check["reason"] == ("missed" if status == "down" else None)
    assert api.deployment.check(code).status is Status.UP


def test_an_edit_past_the_deadline_tells_of_the_miss_that_it_found(api: Api) -> None:
    code = api.deployment.add(name="backup", schedule=Every(hours(1)), grace=minutes(5))
    api.deployment.ping(code, at=utc("2026-03-01T12:00Z"))
    edited = api.post(f"/checks/{code}", {"timeout": 86400}, at=utc("2026-03-01T14:00Z"))
    assert edited["status"] == "down"
    [alert] = api.deployment.alerts()
    assert (alert["kind"], alert["reason"], alert["at"]) == ("down", "missed", "2026-03-01T13:05:00+00:00")


def test_every_channel_means_those_of_later_days_too(api: Api) -> None:
    made = api.post("/checks/", {"channels": "*"}, status=201)
    later = Channel(id=str(uuid4()), name="later", kind="sms", target="+4915112345678", subscription="")
    projects.add_channel("default", later, now=api.deployment.now)
    api.deployment.wiring.registry.forget()
    assert later.id in api.get(f"/checks/{made['uuid']}")["channels"].split(",")


def test_a_slug_given_by_the_api_is_claimed_so_that_a_ping_finds_it_at_once(api: Api) -> None:
    made = api.post("/checks/", {"slug": "backup"}, status=201)
    assert slug_claims.claimed("default", "backup") == made["uuid"]
    api.post(f"/checks/{made['uuid']}", {"slug": "nightly"})
    assert slug_claims.claimed("default", "nightly") == made["uuid"]


def test_a_deleted_check_is_gone_and_its_slug_makes_another(api: Api) -> None:
    made = api.post("/checks/", {"name": "backup", "slug": "backup"}, status=201)
    api.deployment.ping(made["uuid"])
    deleted = json.loads(api.call("DELETE", f"/checks/{made['uuid']}").text)
    assert (deleted["uuid"], deleted["n_pings"], deleted["status"]) == (made["uuid"], 1, "up")
    assert api.deployment.ping(made["uuid"]).status == 404
    created = api.deployment.request("GET", f"/ping/{PING_KEY}/backup", query={"create": "1"})
    assert created.status == 201
    [check] = api.get("/checks/")["checks"]
    assert check["uuid"] != made["uuid"]
    assert api.call("GET", f"/checks/{made['uuid']}/pings/").status == 404


def test_deleting_one_of_two_with_a_slug_leaves_the_others_claim(api: Api) -> None:
    first = api.post("/checks/", {"slug": "backup"}, status=201)
    second = api.post("/checks/", {"slug": "backup"}, status=201)
    assert api.call("DELETE", f"/checks/{second['uuid']}").status == 200
    assert slug_claims.claimed("default", "backup") == first["uuid"]


def test_another_projects_checks_are_neither_listed_nor_matched(deployment: Deployment) -> None:
    mine = Api(deployment).post("/checks/", {"name": "backup"}, status=201)
    other = Api(deployment, role="other")
    assert other.get("/checks/") == {"checks": []}
    assert other.post("/checks/", {"name": "backup", "unique": ["name"]}, status=201)["uuid"] != mine["uuid"]


def test_a_trailing_slash_changes_nothing(api: Api) -> None:
    assert api.post("/checks", {"name": "without"}, status=201)["name"] == "without"
    assert [check["name"] for check in api.get("/checks")["checks"]] == ["without"]


def test_the_body_of_a_ping_comes_back_byte_for_byte(api: Api) -> None:
    code = api.deployment.add(name="backup")
    api.deployment.ping(code, body=bytes(range(256)))
    answer = api.call("GET", f"/checks/{code}/pings/1/body")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/plain")


@pytest.mark.parametrize(
    "schedule", [" 0 5 * * * ", "0  5 * * 1-5", "\t0 5 * * *", "Mon  12:00 ", "12:00 \n 18:00", "12:00\n18:00\n"]
)
def test_a_schedule_is_echoed_exactly_as_it_was_sent(api: Api, schedule: str) -> None:
    made = api.post("/checks/", {"schedule": schedule}, status=201)
    edited = api.post(f"/checks/{made['uuid']}", {"tags": "x"})
    assert (made["schedule"], edited["schedule"]) == (schedule, schedule)
    assert api.post(f"/checks/{made['uuid']}", edited)["schedule"] == schedule
