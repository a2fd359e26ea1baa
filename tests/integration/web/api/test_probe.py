"""A probed check by the API: made, edited, seen, and known to the prober from then on."""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.domain.ids import Code
from chalicelib.domain.schedule.occurrences import Every
from chalicelib.domain.sources.probe import Probe
from chalicelib.store.registry import probes
from tests.builders import minutes
from tests.integration.conftest import Deployment
from tests.integration.web.calling import Api

URL = "https://shop.example.com/health?key=secret"


def probed() -> dict[str, timedelta]:
    return {row.code: row.every for row in probes.round_of_all().rows}


def test_a_check_with_a_probe_is_a_simple_check_that_the_prober_knows(deployment: Deployment) -> None:
    made = Api(deployment).post("/checks/", {"name": "shop", "probe": {"url": URL, "every": 300}}, status=201)

    assert (made["timeout"], made["grace"]) == (300, 600)
    assert made["probe"] == {
        "url": URL,
        "method": "GET",
        "headers": {},
        "expect_status": "200",
        "expect_text": "",
        "timeout": 10,
        "every": 300,
        "follow_redirects": True,
        "certificate_days": 14,
        "slow": None,
    }
    assert deployment.check(made["uuid"]).config.probe == Probe(url=URL, every=minutes(5))
    assert probed() == {made["uuid"]: minutes(5)}


def test_a_probe_is_kept_with_all_that_was_said(deployment: Deployment) -> None:
    api = Api(deployment)
    said = {
        "url": URL,
        "method": "POST",
        "headers": {"Authorization": "Bearer x"},
        "expect_status": "200-204,301",
        "expect_text": "Welcome",
        "timeout": 2.5,
        "every": 3600,
        "follow_redirects": False,
        "certificate_days": 0,
        "slow": 0.5,
    }

    made = api.post("/checks/", {"probe": said}, status=201)

    assert made["probe"] == api.get(f"/checks/{made['uuid']}")["probe"] == said


def test_a_read_only_key_sees_no_secret_of_a_probe(deployment: Deployment) -> None:
    Api(deployment).post("/checks/", {"probe": {"url": URL, "headers": {"X-Api-Key": "secret"}}}, status=201)

    [seen] = Api(deployment, role="ro").get("/checks/")["checks"]

    assert (seen["probe"]["url"], seen["probe"]["headers"]) == ("https://shop.example.com/health", {})
    assert "secret" not in str(seen)


def test_a_job_becomes_probed_and_a_job_again(deployment: Deployment) -> None:
    api, code = Api(deployment), deployment.add(schedule=Every(timedelta(days=1)), grace=minutes(30))

    probe_of = api.post(f"/checks/{code}", {"probe": {"url": URL, "expect_status": 204}})
    job = api.post(f"/checks/{code}", {"probe": None})

    assert (probe_of["timeout"], probe_of["grace"], probe_of["probe"]["expect_status"]) == (60, 360, "204")
    assert (job["timeout"], job["probe"]) == (60, None)
    assert probed() == {code: minutes(1)}  # the prober drops it


def test_a_grace_that_was_chosen_stays_and_a_default_one_follows_the_period(deployment: Deployment) -> None:
    api = Api(deployment)
    chosen = api.post("/checks/", {"grace": 60, "probe": {"url": URL}}, status=201)["uuid"]
    default = api.post("/checks/", {"probe": {"url": URL}}, status=201)["uuid"]

    edits = [api.post(f"/checks/{code}", {"probe": {"url": URL, "every": 600}}) for code in (chosen, default)]

    assert [(edit["timeout"], edit["grace"]) for edit in edits] == [(600, 60), (600, 900)]


def test_an_edited_probe_is_asked_at_once_and_one_that_stays_is_not(deployment: Deployment) -> None:
    api = Api(deployment)
    code = api.post("/checks/", {"probe": {"url": URL}}, status=201)["uuid"]
    [first] = probes.round_of_all().rows

    deployment.now += minutes(10)
    api.post(f"/checks/{code}", {"probe": {"url": URL}, "tags": "prod"})
    [same] = probes.round_of_all().rows
    api.post(f"/checks/{code}", {"probe": {"url": URL, "slow": 2}})
    [edited] = probes.round_of_all().rows

    assert same.made_at == first.made_at
    assert edited.made_at == deployment.now


@pytest.mark.parametrize(
    ("said", "detail"),
    [
        ({}, "probe: url is missing"),
        ({"url": "ftp://example.com/"}, 'url "ftp://example.com/": a probe asks http:// and https:// only'),
        ({"url": "https://user:pw@example.com/"}, "url holds a user name or a password"),
        ({"url": URL, "every": 30}, 'probe.every "30" is too short: use 1m to 1d'),
        ({"url": URL, "every": 90}, "every 90 s: a probe comes every whole minute"),
        ({"url": URL, "timeout": 21}, 'probe.timeout "21" is too long: use 1s to 20s'),
        ({"url": URL, "slow": 10}, "slow 10 s: it must be below the timeout, 10 s"),
        ({"url": URL, "method": "TRACE"}, 'probe.method "TRACE" is not a choice: use GET or HEAD'),
        ({"url": URL, "expect_status": "fine"}, 'expect_status "fine"'),
        ({"url": URL, "headers": {"Host": "inside"}}, 'header "Host" is set by the probe itself'),
        ({"url": URL, "headers": {"X-A": 1}}, 'probe.headers.X-A "1" is not a text'),
        ({"url": URL, "body": "x"}, 'probe "body" is not known here; known are: url, method'),
    ],
)
def test_a_probe_that_cannot_be_done_is_refused_and_says_why(
    deployment: Deployment, said: dict[str, Any], detail: str
) -> None:
    refused = Api(deployment).post("/checks/", {"probe": said}, status=400)

    assert refused["error"] == "json validation error: probe is not valid"
    assert refused["detail"].startswith(detail)
    assert probed() == {}


def test_a_probe_that_is_no_object_is_refused(deployment: Deployment) -> None:
    refused = Api(deployment).post("/checks/", {"probe": URL}, status=400)

    assert refused["error"] == "json validation error: probe is not an object"


def test_a_probed_check_has_no_schedule_of_its_own(deployment: Deployment) -> None:
    api = Api(deployment)
    code = Code(api.post("/checks/", {"probe": {"url": URL}}, status=201)["uuid"])

    for fields in ({"schedule": "* * * * *"}, {"timeout": 3600}):
        refused = api.post(f"/checks/{code}", fields, status=400)
        assert refused["error"] == "json validation error: a probed check has no schedule of its own"

    assert api.post(f"/checks/{code}", {"timeout": 60})["timeout"] == 60


def test_older_versions_know_nothing_of_probes(deployment: Deployment) -> None:
    made = Api(deployment, version="v1").post("/checks/", {"probe": {"url": URL}}, status=201)

    assert "probe" not in made
    assert probed() == {}
