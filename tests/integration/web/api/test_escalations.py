"""Escalation by the API: steps and policies, and whom alerts go to then
(docs/reference/rules.md, rule 11; docs/adr/0010).
"""

from typing import Any

import pytest

from chalicelib.domain.channels import Channel
from chalicelib.domain.config import Step
from chalicelib.domain.ids import Code
from chalicelib.store.registry import projects
from tests.builders import hours, minutes, utc
from tests.integration.conftest import Deployment
from tests.integration.web.calling import Api

NOON = utc("2026-03-01T12:00Z")
ONCALL = Step(after=minutes(15), channels=("id-oncall",))
NIGHTS = {"name": "nights", "steps": [{"after": 900, "channels": "oncall"}]}


@pytest.fixture
def api(deployment: Deployment) -> Api:
    for name in ("ops", "oncall", "manager"):
        channel = Channel(id=f"id-{name}", name=name, kind="email", target="", subscription="")
        projects.add_channel("default", channel, now=deployment.now)
    return Api(deployment)


def made(api: Api, **fields: Any) -> dict[str, Any]:
    found: dict[str, Any] = api.post("/checks/", {"name": "backup", "channels": "ops", **fields}, status=201)
    return found


def failed(api: Api, code: str) -> Code:
    api.deployment.ping(Code(code), at=NOON)
    api.deployment.ping(Code(code), "/fail", at=NOON + minutes(1))
    return Code(code)


def told(api: Api) -> list[tuple[str, list[str]]]:
    return [(alert["kind"], alert["channels"]) for alert in api.deployment.alerts()]


def test_steps_are_shown_by_id_and_to_a_read_only_key_without_channels(api: Api) -> None:
    steps = [{"after": 900, "channels": "oncall"}, {"after": 3600, "channels": "oncall,manager"}]
    check = made(api, escalation=steps)
    assert check["escalation"] == [
        {"after": 900, "channels": "id-oncall"},
        {"after": 3600, "channels": "id-manager,id-oncall"},
    ]
    read_only = Api(api.deployment, role="ro").get("/checks/")["checks"][0]
    assert read_only["escalation"] == [{"after": 900}, {"after": 3600}]
    assert "escalation" not in Api(api.deployment, version="v1").get("/checks/")["checks"][0]


def test_each_step_goes_to_its_channels_and_the_recovery_to_all_who_were_told(api: Api) -> None:
    code = failed(api, made(api, escalation=NIGHTS["steps"])["uuid"])
    assert told(api) == [("down", ["ops"])]
    api.deployment.sweep(NOON + minutes(17))
    [escalated] = api.deployment.alerts()
    assert (escalated["kind"], escalated["channels"], escalated["escalated_after_s"]) == ("escalation", ["oncall"], 900)
    assert escalated["subject"] == "STILL DOWN backup: failed, escalated to oncall after 15 min"
    api.deployment.ping(code, at=NOON + minutes(20))
    assert told(api) == [("up", ["oncall", "ops"])]
    flip = api.get(f"/checks/{code}/flips/")["flips"][1]
    assert [(sent["kind"], sent["to"]) for sent in flip["sent"]] == [("down", ["ops"]), ("escalation", ["oncall"])]


def test_who_acknowledges_it_ends_the_steps(api: Api) -> None:
    code = failed(api, made(api, escalation=NIGHTS["steps"])["uuid"])
    api.deployment.alerts()
    assert api.post(f"/checks/{code}/ack", {}, at=NOON + minutes(5))["due_at"] is None
    api.deployment.sweep(NOON + hours(2))
    assert told(api) == []


def test_a_policy_is_made_listed_and_taken_by_its_name(api: Api) -> None:
    stored = {"name": "nights", "steps": [{"after": 900, "channels": "id-oncall"}]}
    assert api.post("/escalations/", NIGHTS) == stored
    assert api.get("/escalations/") == {"escalations": [stored]}
    check = made(api, escalation_policy="nights")
    assert (check["escalation"], check["escalation_policy"]) == (stored["steps"], "nights")
    assert api.post(f"/checks/{check['uuid']}", {"escalation": []})["escalation_policy"] is None


def test_a_change_of_a_policy_reaches_each_check_that_names_it_also_in_the_midst_of_an_outage(api: Api) -> None:
    api.post("/escalations/", NIGHTS)
    named = failed(api, made(api, escalation_policy="nights")["uuid"])
    other = Code(made(api, name="other", escalation=NIGHTS["steps"])["uuid"])
    api.deployment.alerts()
    api.post(
        "/escalations/", {"name": "nights", "steps": [{"after": 300, "channels": "manager"}]}, at=NOON + minutes(2)
    )
    assert api.deployment.check(named).due_at == NOON + minutes(6)
    assert api.deployment.check(other).config.escalation == (ONCALL,)
    api.deployment.sweep(NOON + minutes(7))
    assert told(api) == [("escalation", ["manager"])]


def test_a_policy_that_checks_name_is_not_removed(api: Api) -> None:
    api.post("/escalations/", NIGHTS)
    check = made(api, slug="backup", escalation_policy="nights")
    refused = api.call("DELETE", "/escalations/nights")
    assert refused.status == 409
    assert "policy nights is that of 1 check (backup): give each another first" in refused.text
    api.post(f"/checks/{check['uuid']}", {"escalation": []})
    assert api.call("DELETE", "/escalations/nights").status == 200
    assert api.call("DELETE", "/escalations/nights").status == 404


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"name": "nights", "steps": []}, "steps is empty"),
        ({"name": "nights"}, "steps is empty"),
        ({"name": "off", "steps": NIGHTS["steps"]}, "name is not valid"),
        ({"steps": NIGHTS["steps"]}, "name is not a string"),
        ({"name": 5, "steps": NIGHTS["steps"]}, "name is not a string"),
        ({"name": "nights", "steps": [{"after": 900, "channels": "nobody"}]}, "invalid channel identifier: nobody"),
    ],
)
def test_a_policy_that_cannot_be_is_refused(api: Api, said: dict[str, Any], why: str) -> None:
    assert why in api.post("/escalations/", said, status=400)["error"]
    assert api.get("/escalations/") == {"escalations": []}


def test_policies_are_of_one_project_and_of_v3(api: Api) -> None:
    api.post("/escalations/", NIGHTS)
    assert Api(api.deployment, role="other").get("/escalations/") == {"escalations": []}
    assert Api(api.deployment, version="v2").call("GET", "/escalations/").status == 404
