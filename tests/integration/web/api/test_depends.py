"""Parents by the API: named by slug, kept by code, never in a circle; and what their being down holds back
(docs/reference/rules.md, rule 18).
"""

import pytest

from chalicelib.domain.check import Status
from chalicelib.domain.ids import Code
from tests.builders import minutes, utc
from tests.integration.conftest import Deployment
from tests.integration.web.calling import Api

NOON = utc("2026-03-01T12:00Z")
NOT_A_CHECK = "json validation error: an item in 'depends_on' is not a check"


@pytest.fixture
def api(deployment: Deployment) -> Api:
    return Api(deployment)


def made(api: Api, name: str, *parents: str, **fields: object) -> str:
    said = {"name": name, "slug": name, "timeout": 86400, "grace": 600, "channels": "*", **fields}
    code: str = api.post("/checks/", {**said, "depends_on": list(parents)}, status=201)["uuid"]
    return code


def test_parents_are_taken_by_slug_or_code_and_shown_by_slug(api: Api) -> None:
    db, wan = made(api, "db"), made(api, "wan")
    child = made(api, "child", "db", wan, "db")
    assert api.get(f"/checks/{child}")["depends_on"] == ["db", "wan"]
    listed = {check["slug"]: check["depends_on"] for check in api.get("/checks/")["checks"]}
    assert listed == {"db": [], "wan": [], "child": ["db", "wan"]}
    assert api.get("/checks/", query={"slug": "child"})["checks"][0]["depends_on"] == ["db", "wan"]
    api.post(f"/checks/{db}", {"slug": "database"})
    assert api.get(f"/checks/{child}")["depends_on"] == ["database", "wan"], "it stays the same check"
    assert api.post(f"/checks/{child}", {"depends_on": []})["depends_on"] == []


def test_a_deleted_parent_frees_its_children(api: Api) -> None:
    db = made(api, "db")
    child = made(api, "child", "db")
    api.call("DELETE", f"/checks/{db}")
    kept = api.get(f"/checks/{child}")
    assert kept["depends_on"] == []
    api.post(f"/checks/{child}", {"depends_on": kept["depends_on"]})
    assert api.deployment.check(Code(child)).config.depends_on == ()


def test_a_parent_that_has_been_deleted_is_not_named_as_holding_and_lets_go_with_the_next_look(api: Api) -> None:
    deployment = api.deployment
    db = Code(made(api, "db"))
    child = Code(made(api, "child", "db", grace=3600))
    for code in (db, child):
        deployment.ping(code, at=NOON)
        deployment.ping(code, "/fail", at=NOON + minutes(1))
    deployment.ping(db, at=NOON + minutes(2))
    assert api.get(f"/checks/{child}")["held_by"] == ["db"]
    api.call("DELETE", f"/checks/{db}")
    assert api.get(f"/checks/{child}")["held_by"] == []
    deployment.alerts()
    deployment.sweep(NOON + minutes(16))
    assert [alert["check"]["slug"] for alert in deployment.alerts()] == ["child"], "long before its grace has passed"


def test_unknown_and_ambiguous_parents_are_refused_with_the_name(api: Api) -> None:
    refused = api.post("/checks/", {"name": "child", "depends_on": ["dbx"]}, status=400)
    assert (refused["error"], '"dbx"' in refused["detail"]) == (NOT_A_CHECK, True)
    first = made(api, "first", slug="twin")
    made(api, "second", slug="twin")
    refused = api.post("/checks/", {"name": "child", "depends_on": ["twin"]}, status=400)
    assert "2 checks have this slug" in refused["detail"]
    child = made(api, "child", first)
    assert api.post(f"/checks/{child}", {"depends_on": ["twin"]})["depends_on"] == ["twin"], "an answer sent back"


@pytest.mark.parametrize("said", ["db", [1], [""], ["db"] * 21])
def test_what_is_no_list_of_parents_is_refused(api: Api, said: object) -> None:
    assert "depends_on" in api.post("/checks/", {"name": "child", "depends_on": said}, status=400)["error"]


def test_nobody_waits_for_himself_through_whomever(api: Api) -> None:
    wan = made(api, "wan")
    made(api, "db", "wan")
    made(api, "child", "db")
    for parent in ("wan", "db", "child"):
        refused = api.post(f"/checks/{wan}", {"depends_on": [parent]}, status=400)
        assert refused["error"] == "json validation error: depends_on goes in a circle"
    assert refused["detail"] == "it would wait for itself: child → db → wan"
    assert api.get(f"/checks/{wan}")["depends_on"] == []


def test_an_older_version_neither_takes_nor_shows_them(api: Api) -> None:
    made(api, "db")
    old = Api(api.deployment, version="v2")
    assert "depends_on" not in old.post("/checks/", {"name": "old", "depends_on": ["db"]}, status=201)


def test_a_childs_alert_waits_for_its_parent_and_leaves_in_the_end(api: Api) -> None:
    deployment = api.deployment
    db = Code(made(api, "db"))
    child = Code(made(api, "child", "db"))
    for code in (db, child):
        deployment.ping(code, at=NOON)
        deployment.ping(code, "/fail", at=NOON + minutes(1))
    assert [alert["check"]["slug"] for alert in deployment.alerts()] == ["db"]
    assert (deployment.check(child).status, api.get(f"/checks/{child}")["held_by"]) == (Status.DOWN, ["db"])
    deployment.sweep(NOON + minutes(11))
    deployment.ping(db, at=NOON + minutes(15))
    deployment.sweep(NOON + minutes(21))
    assert [alert["kind"] for alert in deployment.alerts()] == ["up"]
    deployment.sweep(NOON + minutes(25))
    [alert] = deployment.alerts()
    assert (alert["kind"], alert["check"]["slug"], alert["held_for"]) == ("down", "child", ["db"])
    assert "Held while    db was down" in alert["text"]
    assert deployment.check(child).due_at is None


def test_one_sweep_that_finds_parent_and_child_overdue_tells_of_the_parent_only(api: Api) -> None:
    deployment = api.deployment
    codes = [Code(made(api, "db", timeout=600, grace=300))]
    codes += [Code(made(api, f"child-{i}", "db", timeout=600, grace=300)) for i in range(5)]
    for code in codes:
        deployment.ping(code, at=NOON)
    deployment.sweep(NOON + minutes(16))
    assert [alert["check"]["slug"] for alert in deployment.alerts()] == ["db"]
    assert {deployment.check(code).status for code in codes} == {Status.DOWN}


def test_a_parent_that_cannot_be_read_silences_nobody(api: Api) -> None:
    deployment = api.deployment
    db, child = Code(made(api, "db")), Code(made(api, "child", "db"))
    for code in (db, child):
        deployment.ping(code, at=NOON)
    deployment.ping(db, "/fail", at=NOON + minutes(1))
    deployment.wiring.ports.tables.client.update_item(
        TableName=deployment.wiring.settings.checks_table,
        Key={"code": {"S": db}},
        UpdateExpression="SET #status = :status",
        ExpressionAttributeNames={"#status": "status"},
        ExpressionAttributeValues={":status": {"S": "bewitched"}},
    )
    deployment.ping(child, "/fail", at=NOON + minutes(2))
    assert [alert["check"]["slug"] for alert in deployment.alerts()] == ["db", "child"]
