"""A public status page as the handler answers it: for whom, how long it may be kept, and what never stands on it."""

import gzip
import re
from base64 import b64decode
from typing import Any

import pytest

from chalicelib.domain.ids import Code, unique_key
from chalicelib.domain.schedule.occurrences import Every
from chalicelib.store.registry.status_pages import StatusPage, add_status_page, remove_status_page
from chalicelib.web.pages.status import status_page
from tests.builders import hours, minutes, seconds, utc
from tests.integration.conftest import Answer
from tests.integration.faults import away
from tests.integration.web.pages.browsing import Browser

NASTY = "\"><script>alert(1)</script><img src=x>'{{7*7}}"
NOON = utc("2026-03-01T12:00Z")


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    status_page._memory.cache_clear()


def publish(**given: Any) -> None:
    page = {"name": "shop", "title": "Example Shop", "project": "default", "tags": ("public",)} | given
    add_status_page(StatusPage(**page), now=NOON)


def add_job(browser: Browser, name: str, tags: str = "public", **config: Any) -> Code:
    browser.deployment.now = utc("2026-03-01T11:00Z")
    code = browser.deployment.add(name=name, tags=tags, schedule=Every(hours(1)), grace=minutes(5), **config)
    browser.deployment.now = NOON
    browser.deployment.ping(code, at=utc("2026-03-01T11:30Z"))
    return code


def look(browser: Browser, path: str = "/status/shop", **request: Any) -> Answer:
    return browser.deployment.request("GET", path, **request)


def test_it_is_off_unless_somebody_makes_it_and_off_again_once_removed(browser: Browser) -> None:
    add_job(browser, "Website")
    never = look(browser)
    assert (never.status, "There is no such status page" in never.text) == (404, True)
    publish()
    assert look(browser).status == 200
    remove_status_page("shop")
    later = look(browser, at=NOON + minutes(1))
    assert (later.status, later.text, later.headers) == (404, never.text, never.headers)
    for name in ("Shop", "..", "a" * 41, "%00", "shop%2Fx"):
        assert look(browser, f"/status/{name}").text == never.text


def test_everybody_sees_names_states_and_uptime_of_the_chosen_tags(browser: Browser) -> None:
    add_job(browser, "Website")
    add_job(browser, "internal-backup", tags="prod")
    publish()
    text = look(browser).text
    assert "<title>Example Shop: everything works</title>" in text
    assert "<h3>Website</h3>" in text
    assert '<span class="up">up</span> <span class="quiet">· 100 %</span>' in text
    assert "Website, last 90 days: no outage" in text
    assert "No outage in 90 days." in text
    assert "internal-backup" not in text


def test_an_outage_is_counted_and_told(browser: Browser) -> None:
    code = add_job(browser, "Website")
    browser.deployment.ping(code, "/fail", at=utc("2026-03-01T11:40Z"))
    browser.deployment.ping(code, at=utc("2026-03-01T11:55Z"))
    publish()
    text = look(browser).text
    assert "last 90 days: 1 day with an outage" in text
    assert '<h3>Website: down, <span class="quiet">15 min</span></h3>' in text
    assert re.findall(r">(Today [0-9:]+)</time> <span>([^<]*)", text) == [
        ("Today 11:40", "Down."),
        ("Today 11:55", "Up again."),
    ]


def test_an_outage_that_no_sweep_has_seen_yet_is_told(browser: Browser) -> None:
    add_job(browser, "Website")
    publish()
    text = look(browser, at=utc("2026-03-01T12:40Z")).text
    assert "Website is down" in text
    assert "Since 12:35, for 5 min." in text
    assert '<h3>Website: down, <span class="quiet">5 min so far</span></h3>' in text


def test_nothing_secret_stands_on_it(browser: Browser) -> None:
    code = add_job(browser, "Website", tags="public s3cret-tag", desc="s3cret-desc", slug="s3cret-slug")
    nameless = add_job(browser, "", slug="")
    browser.deployment.ping(code, "/start", at=utc("2026-03-01T11:41Z"))
    output = {"body": b"s3cret-output", "headers": {"User-Agent": "s3cret"}}
    browser.deployment.ping(code, "/212", at=utc("2026-03-01T11:42:13Z"), **output)
    publish()
    text = look(browser).text
    assert "Website is down" in text
    assert "without a name" in text
    keys = (code, code[:8], unique_key(code), nameless[:8])
    for hidden in (*keys, "s3cret", "212", "fail", "exit", "1 min 13 s", "default", "/checks/", "/ping/", "ops-email"):
        assert hidden not in text


def test_it_may_be_kept_for_a_minute_by_anybody_and_sets_nothing(browser: Browser) -> None:
    publish()
    headers = look(browser).headers
    assert headers["Cache-Control"] == "public, max-age=60"
    assert "Set-Cookie" not in headers
    assert headers["Content-Security-Policy"].startswith("default-src 'none';")
    assert "<script" not in look(browser).text
    assert "Set-Cookie" not in look(browser, query={"tz": "Europe/Kyiv"}).headers


def test_a_process_makes_it_anew_once_a_minute_whoever_asks_how_often(browser: Browser) -> None:
    publish()
    first = look(browser)
    add_job(browser, "Website")
    again = look(browser, at=NOON + seconds(45))
    assert (again.text, again.headers["Cache-Control"]) == (first.text, "public, max-age=15")
    with away(browser.deployment.wiring.ports.tables.client, "Query"):
        assert look(browser, at=NOON + seconds(59)).status == 200
        late = look(browser, at=NOON + seconds(60))
    assert (late.status, late.headers["Cache-Control"], late.headers["Retry-After"]) == (503, "no-store", "5")
    assert "Website" in look(browser, at=NOON + seconds(61)).text


def test_no_session_is_asked_for_or_shown(browser: Browser) -> None:
    publish()
    browser.sign_in()
    assert browser.get("/status/shop").text == look(browser).text
    browser.deployment.wiring.session_secret.forget()
    with away(browser.deployment.wiring.session_secret._ssm, "GetParameter"):
        assert look(browser).status == 200


def test_who_is_signed_in_finds_the_one_page_of_his_project(browser: Browser) -> None:
    publish()
    publish(name="other", project="other")
    browser.sign_in()
    assert '<a href="/status/shop">Status page</a>' in browser.get("/").text


def test_it_is_only_looked_at(browser: Browser) -> None:
    publish()
    assert browser.deployment.request("POST", "/status/shop", body=b"x=1").status == 405
    assert browser.deployment.request("HEAD", "/status/shop").status == 200


def test_another_projects_checks_are_not_shown(browser: Browser) -> None:
    add_job(browser, "Website")
    publish(project="other")
    assert "Nothing is shown here yet" in look(browser).text


@pytest.mark.parametrize("field", ["title", "name"])
def test_what_is_stored_does_nothing_on_the_page(browser: Browser, field: str) -> None:
    add_job(browser, NASTY if field == "name" else "x", slug="x")
    publish(title=NASTY if field == "title" else "x")
    text = look(browser).text
    assert "<script" not in text
    assert "<img" not in text
    assert "{{7*7}}" in text


def test_a_large_page_is_compressed(browser: Browser) -> None:
    add_job(browser, "Website")
    publish()
    answer = look(browser, headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert b"Website" in gzip.decompress(b64decode(answer.text))
