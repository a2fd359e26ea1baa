"""Badges: what each shows of late and down checks, and to whom."""

import json
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import pytest

from chalicelib.domain.schedule.occurrences import Every
from tests.builders import hours, minutes, utc
from tests.integration.conftest import Answer, Deployment
from tests.integration.faults import away
from tests.integration.web.calling import Api


def see(deployment: Deployment, url: str, at: str = "2026-03-01T12:00Z", verb: str = "GET") -> Answer:
    """A badge as anybody sees it: API Gateway decodes its path, and cuts it at a decoded `?`."""
    path = unquote(urlsplit(url).path).partition("?")[0]
    return deployment.request(verb, path, at=utc(at))


def add_job(deployment: Deployment, **config: Any) -> str:
    """A job that is expected at 13:00, and down at 13:05."""
    code = deployment.add(schedule=Every(hours(1)), grace=minutes(5), **config)
    deployment.ping(code, at=utc("2026-03-01T12:00Z"))
    return code


@pytest.mark.parametrize(
    ("at", "two", "three", "counts"),
    [
        ("2026-03-01T12:59Z", "up", "up", {"total": 1, "grace": 0, "down": 0}),
        ("2026-03-01T13:00Z", "up", "late", {"total": 1, "grace": 1, "down": 0}),
        ("2026-03-01T13:05Z", "down", "down", {"total": 1, "grace": 0, "down": 1}),
    ],
)
@pytest.mark.parametrize("which", ["tag", "check"])
def test_a_late_job_shows_in_three_states_only(
    deployment: Deployment, which: str, at: str, two: str, three: str, counts: dict[str, int]
) -> None:
    code = add_job(deployment, tags="prod")
    api = Api(deployment)
    found = api.get("/badges/")["badges"]["prod"]
    if which == "check":
        url = api.get(f"/checks/{code}")["badge_url"]
        found = {"json": url.replace("svg", "json"), "json3": url.replace("/b/2/", "/b/3/").replace("svg", "json")}
    assert json.loads(see(deployment, found["json"], at).text) == {"status": two, **counts}
    assert json.loads(see(deployment, found["json3"], at).text) == {"status": three, **counts}


def test_shields_names_its_colours(deployment: Deployment) -> None:
    add_job(deployment, tags="prod")
    url = Api(deployment).get("/badges/")["badges"]["prod"]["shields3"]
    colours = [
        json.loads(see(deployment, url, f"2026-03-01T{at}Z").text)["color"] for at in ("12:59", "13:00", "13:05")
    ]
    assert colours == ["success", "important", "critical"]


@pytest.mark.parametrize("tag", ["a/b", "50%", "what?", "%3F", "ü:x", "a.svg", "#1", "..", "&lt;"])
def test_any_tag_has_a_badge_that_works(deployment: Deployment, tag: str) -> None:
    deployment.add(name="one", tags=tag)
    deployment.add(name="two", tags="other")
    url = Api(deployment).get("/badges/")["badges"][tag]["json"]
    assert json.loads(see(deployment, url).text)["total"] == 1


def test_a_signature_is_good_for_its_tag_only(deployment: Deployment) -> None:
    deployment.add(name="one", tags="public secret")
    url = Api(deployment).get("/badges/")["badges"]["public"]["json"]
    assert see(deployment, url).status == 200
    assert see(deployment, url.replace("/public.", "/secret.")).status == 404
    assert see(deployment, url.replace("/public.", ".")).status == 404
    assert see(deployment, url.replace("/badge/default/", "/badge/other/")).status == 404


def test_a_badge_key_reveals_no_code_and_stays_the_same(deployment: Deployment) -> None:
    code = deployment.add(name="one")
    api = Api(deployment)
    url = api.get(f"/checks/{code}")["badge_url"]
    deployment.wiring.registry.forget()
    assert api.get(f"/checks/{code}")["badge_url"] == url
    assert code not in url
    assert code.replace("-", "")[:16] not in url.replace("-", "")


@pytest.mark.parametrize(
    "path", ["/b/2/nonsense.svg", "/b/2", "/b", "/b/2/-.svg", f"/b/2/{'-' * 36}.svg", "/badge/x/y", "/badge"]
)
def test_what_is_no_badge_is_not_found(deployment: Deployment, path: str) -> None:
    assert deployment.request("GET", path).status == 404


def test_a_badge_is_only_looked_at(deployment: Deployment) -> None:
    url = Api(deployment).get("/badges/")["badges"]["*"]["svg"]
    assert see(deployment, url, verb="POST").status == 405
    assert see(deployment, url, verb="HEAD").status == 200


def test_a_badge_that_cannot_be_read_says_so(deployment: Deployment) -> None:
    url = Api(deployment).get("/badges/")["badges"]["*"]["svg"]
    with away(deployment.wiring.ports.tables.client, "Query"):
        assert see(deployment, url).status == 503


def test_a_tag_stands_quoted_in_its_address(deployment: Deployment) -> None:
    deployment.add(name="one", tags="a/ü")
    url = Api(deployment).get("/badges/")["badges"]["a/ü"]["svg"]
    assert url.endswith(f"-2/{quote('a/ü', safe='')}.svg")
