"""Groups by the API, and what their members' flips do to them (docs/reference/rules.md, rule 19; docs/adr/0012)."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from chalicelib.domain.alerts import Alert
from chalicelib.domain.check import Check, Status, Verdict
from chalicelib.domain.ids import Code
from chalicelib.services.groups import evaluate_group
from chalicelib.services.transaction import change
from chalicelib.sweep.loop import sweep
from tests.builders import minutes, seconds, utc
from tests.integration.conftest import Answer, Deployment, StillClock
from tests.integration.web.calling import Api

NOON = utc("2026-03-01T12:00Z")


@pytest.fixture
def api(deployment: Deployment) -> Api:
    return Api(deployment)


def made(api: Api, name: str, **fields: Any) -> Code:
    said = {"name": name, "slug": name, "timeout": 86400, "grace": 600, "channels": "*", **fields}
    return Code(api.post("/checks/", said, status=201)["uuid"])


def web(api: Api, how_many: int) -> list[Code]:
    codes = [made(api, f"web-{number}", tags="web prod") for number in range(1, how_many + 1)]
    for code in codes:
        api.deployment.ping(code, at=NOON)
    return codes


def test_a_group_names_its_members_by_slug_and_is_what_they_are_at_once(api: Api) -> None:
    web(api, 2)
    said = {"name": "web", "group": {"members": ["web-1", "web-2"], "down_when": 1}}
    shown = api.post("/checks/", said, status=201)
    assert (shown["group"], shown["status"]) == (said["group"], "up")
    edited = api.post(f"/checks/{shown['uuid']}", {"group": {"tag": "prod"}})
    assert edited["group"] == {"tag": "prod", "down_when": "all"}
    assert api.post(f"/checks/{shown['uuid']}", {"group": None})["group"] is None
    assert api.get("/checks/", query={"slug": "web-1"})["checks"][0]["group"] is None


@pytest.mark.parametrize(
    ("group", "error"),
    [
        ({}, "group is not valid"),
        ({"members": ["web-1"], "tag": "prod"}, "group is not valid"),
        ({"tag": "two words"}, "group is not valid"),
        ({"members": ["web-1"], "down_when": 2}, "group is not valid"),
        ({"tag": "web", "down_when": 0}, "group is not valid"),
        ({"members": ["web-9"]}, "an item in 'group' is not a check"),
        ({"members": ["inner"]}, "a group cannot be a member of a group"),
        ("web", "group is not an object"),
    ],
)
def test_what_is_no_group_is_refused(api: Api, group: object, error: str) -> None:
    web(api, 1)
    made(api, "inner", group={"tag": "web"})
    refused = api.post("/checks/", {"name": "web", "group": group}, status=400)
    assert refused["error"] == f"json validation error: {error}"


def test_a_group_is_not_its_own_member_and_waits_for_nothing_of_its_own(api: Api) -> None:
    code = made(api, "web")
    assert api.post(f"/checks/{code}", {"group": {"members": ["web"]}}, status=400)["error"].endswith("of a group")
    probed = {"group": {"tag": "web"}, "probe": {"url": "https://example.com/"}}
    assert "of its own" in api.post("/checks/", {"name": "x", **probed}, status=400)["error"]


def test_the_flip_of_a_member_makes_its_group_due_and_people_hear_which_are_down(api: Api) -> None:
    deployment = api.deployment
    first, second, _ = web(api, 3)
    group = made(api, "web", group={"tag": "web", "down_when": 2})
    assert deployment.check(first).in_groups == (group,)
    deployment.ping(first, "/fail", at=NOON + seconds(60))
    deployment.sweep(NOON + seconds(90))
    assert deployment.check(group).status is Status.UP
    deployment.ping(second, "/fail", at=NOON + seconds(100))
    deployment.sweep(NOON + seconds(120))
    alert = deployment.alerts()[-1]
    assert (alert["check"]["slug"], alert["reason"], alert["members_down"], alert["members"]) == (
        "web",
        "failed",
        ["web-1", "web-2"],
        3,
    )
    assert "2 of 3 members are down: web-1, web-2." in alert["text"]
    assert deployment.check(group).since == NOON + seconds(100)
    deployment.ping(first, at=NOON + seconds(150))
    deployment.sweep(NOON + seconds(180))
    assert "1 of 3 members is down: web-2, as of" in deployment.alerts()[-1]["text"]
    assert [stored.flip.new for stored in deployment.flips(group)] == [Status.UP, Status.DOWN, Status.UP]


def test_a_group_follows_within_seconds_when_its_members_are_missed_in_the_same_sweep(api: Api) -> None:
    codes = [made(api, f"web-{number}", tags="web", timeout=600, grace=300) for number in (1, 2)]
    for code in codes:
        api.deployment.ping(code, at=NOON)
    api.deployment.now = NOON + minutes(1)
    group = made(api, "web", group={"members": ["web-1", "web-2"]})
    api.deployment.sweep(NOON + minutes(14.5))
    assert api.deployment.check(group).status is Status.DOWN
    assert api.deployment.check(group).since == NOON + minutes(15)


def test_a_deleted_member_counts_no_more_and_a_deleted_group_is_forgotten(api: Api) -> None:
    deployment = api.deployment
    first, second = web(api, 2)
    group = made(api, "web", group={"tag": "web"})
    deployment.ping(first, "/fail", at=NOON + seconds(10))
    api.call("DELETE", f"/checks/{second}", at=NOON + seconds(20))
    deployment.sweep(NOON + seconds(60))
    assert deployment.check(group).status is Status.DOWN
    api.call("DELETE", f"/checks/{group}")
    deployment.ping(first, at=NOON + seconds(70))
    assert (deployment.check(first).status, deployment.check(first).in_groups) == (Status.UP, ())


def test_who_gets_the_tag_later_belongs_to_the_group_within_a_quarter_of_an_hour(api: Api) -> None:
    deployment = api.deployment
    group = made(api, "web", group={"tag": "web"})
    [code] = web(api, 1)
    deployment.sweep(NOON + minutes(15))
    assert (deployment.check(group).status, deployment.check(code).in_groups) == (Status.UP, (group,))


def test_a_member_that_flips_while_its_group_is_being_looked_at_is_not_missed(api: Api) -> None:
    """The look has read the members; one flips; only then the look writes."""
    deployment = api.deployment
    [code] = web(api, 1)
    group = made(api, "web", group={"tag": "web"})
    ports, flipped = deployment.wiring.ports, list[Answer]()

    def look(check: Check) -> Verdict:
        verdict = evaluate_group(ports, check, now=NOON + seconds(30))
        if not flipped:
            flipped.append(deployment.ping(code, "/fail", at=NOON + seconds(29)))
        return verdict

    change(ports, group, look)
    assert deployment.check(group).status is Status.DOWN


def test_a_group_may_wait_for_a_parent_but_no_member_for_its_group(api: Api) -> None:
    deployment = api.deployment
    [code] = web(api, 1)
    made(api, "db")
    group = made(api, "web", group={"tag": "web"}, depends_on=["db"])
    deployment.ping(deployment.check(group).config.depends_on[0], "/fail", at=NOON + seconds(5))
    deployment.ping(code, "/fail", at=NOON + seconds(10))
    deployment.alerts()
    deployment.sweep(NOON + seconds(60))
    assert deployment.check(group).status is Status.DOWN
    assert deployment.alerts() == []
    assert api.get(f"/checks/{group}")["held_by"] == ["db"]
    named = api.post("/checks/", {"name": "named", "group": {"members": ["web-1"]}}, status=201)["uuid"]
    refused = api.post(f"/checks/{code}", {"depends_on": [named]}, status=400)
    assert refused["error"] == "json validation error: depends_on goes in a circle"


@pytest.mark.parametrize("remind_every", [None, 60])
def test_a_member_that_recovers_while_its_groups_alert_is_leaving_brings_it_up_at_once(
    api: Api, remind_every: int | None
) -> None:
    """Its flip makes the group due between the alert and its acknowledgement."""
    deployment = api.deployment
    [code] = web(api, 1)
    group = made(api, "web", group={"tag": "web"}, remind_every=remind_every)
    deployment.ping(code, "/fail", at=NOON + seconds(10))
    ports, recovered = deployment.wiring.ports, list[Answer]()

    def publish(check: Check, alert: Alert, *, now: datetime) -> tuple[str, ...]:
        if check.code == group and not recovered:
            recovered.append(deployment.ping(code, at=now))
        return ports.publish(check, alert, now=now)

    sweep(replace(ports, publish=publish), StillClock(NOON + seconds(60)), deployment.way)
    assert recovered
    deployment.sweep(NOON + seconds(120))
    assert deployment.check(group).status is Status.UP
    told = [alert["kind"] for alert in deployment.alerts() if alert["check"]["slug"] == "web"]
    assert told == ["down", "up"], "no reminder, though it is due"


@pytest.mark.parametrize("group", [{"members": ["web-1"]}, {"tag": "prod"}])
def test_a_group_does_not_wait_for_a_member_of_its_own(api: Api, group: dict[str, Any]) -> None:
    web(api, 1)
    error = "json validation error: a group cannot depend on a member of its own"
    refused = api.post("/checks/", {"name": "x", "group": group, "depends_on": ["web-1"]}, status=400)
    assert (refused["error"], '"web-1" is one of its members' in refused["detail"]) == (error, True)
    waits = made(api, "waits", depends_on=["web-1"])
    assert api.post(f"/checks/{waits}", {"group": group}, status=400)["error"] == error


def test_a_parent_that_gets_the_tag_of_its_group_later_does_not_silence_it(api: Api) -> None:
    deployment = api.deployment
    db = made(api, "db", channels="")
    group = made(api, "web", group={"tag": "web"}, depends_on=["db"])
    api.post(f"/checks/{db}", {"tags": "web"})
    deployment.ping(db, "/fail", at=NOON)
    deployment.sweep(NOON + minutes(15))
    assert deployment.check(group).status is Status.DOWN
    assert [alert["check"]["slug"] for alert in deployment.alerts()] == ["db", "web"]


def test_who_is_named_as_a_member_becomes_no_group_until_it_is_taken_out(api: Api) -> None:
    first, _ = web(api, 2)
    outer = made(api, "outer", group={"members": ["web-1", "web-2"]})
    made(api, "tagged", group={"tag": "prod"})
    refused = api.post(f"/checks/{first}", {"group": {"tag": "db"}}, status=400)
    assert refused["error"] == "json validation error: a group cannot be a member of a group"
    assert 'a member of the group "outer"' in refused["detail"]
    api.post(f"/checks/{outer}", {"group": {"members": ["web-2"]}})
    assert api.post(f"/checks/{first}", {"group": {"tag": "db"}})["group"]["tag"] == "db", (
        "a tag just counts it no more"
    )
