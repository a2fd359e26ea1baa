"""The overview as the handler answers it: what whoever may see, and that nothing stored acts on the page."""

import gzip
import re
from base64 import b64decode
from typing import Any

import pytest

from chalicelib.domain.ids import Code
from chalicelib.domain.schedule.occurrences import Every
from chalicelib.store.registry import sweeps
from tests.builders import hours, minutes, utc
from tests.integration.conftest import Answer
from tests.integration.faults import away
from tests.integration.web.pages.browsing import Browser

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)


def add_job(browser: Browser, name: str = "nightly-backup", **config: Any) -> Code:
    code = browser.deployment.add(name=name, schedule=Every(hours(1)), grace=minutes(5), **config)
    browser.deployment.ping(code, at=utc("2026-03-01T11:30Z"))
    return code


def test_a_page_may_load_nothing_but_its_own(browser: Browser) -> None:
    browser.sign_in()
    headers = browser.get("/").headers
    assert headers["Content-Security-Policy"] == POLICY
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Content-Type"] == "text/html; charset=utf-8"


def test_the_footer_tells_whoever_is_signed_in_when_a_sweep_has_last_ended(browser: Browser) -> None:
    sweeps.note(sweeps.LastSweep(utc("2026-03-01T11:59:00Z"), minutes(0)))
    assert "Last sweep" not in browser.get("/").text

    browser.sign_in()

    assert "11:59:00</time>, on time" in browser.get("/").text


def test_a_page_has_no_script_or_style_within(browser: Browser) -> None:
    add_job(browser)
    browser.sign_in()
    text = browser.get("/").text
    assert text.count("<script") == 1
    assert '<script src="/static/pages.js?v=' in text
    assert "style=" not in text
    assert "<style" not in text


@pytest.mark.parametrize(
    ("at", "heading", "title"),
    [
        ("12:29:59", "The only check does its work", "Checks · Overdue"),
        ("12:30:00", '<span class="late">1 check is late</span>', "(1 late) Checks · Overdue"),
        ("12:35:00", '<span class="down">1 check is down</span>', "(1 down) Checks · Overdue"),
    ],
)
def test_a_job_is_shown_as_it_is_by_now(browser: Browser, at: str, heading: str, title: str) -> None:
    add_job(browser)
    browser.sign_in()
    text = browser.get("/", at=utc(f"2026-03-01T{at}Z")).text
    assert f"<h1>{heading}</h1>" in text
    assert f"<title>{title}</title>" in text


def test_an_outage_that_has_ended_is_told_from_the_flips(browser: Browser) -> None:
    code = add_job(browser)
    browser.deployment.ping(code, "/fail", at=utc("2026-03-01T11:40Z"))
    browser.deployment.ping(code, at=utc("2026-03-01T11:55Z"))
    browser.sign_in()
    assert "up again since 11:55, was down for 15 min (failed)" in browser.get("/").text


def test_no_code_stands_on_the_page(browser: Browser) -> None:
    code = add_job(browser)
    browser.sign_in()
    text = browser.get("/").text
    assert code not in text
    assert 'href="/checks/nightly-backup"' in text


NASTY = "\"><script>alert(1)</script><img src=x onerror=alert(2)>'{{7*7}}"


@pytest.mark.parametrize("may_write", [True, False])
def test_what_is_stored_does_nothing_on_the_page(browser: Browser, may_write: bool) -> None:
    code = browser.deployment.add(name=NASTY, slug="nasty", tags='"><b>x</b> javascript:alert(3)', grace=minutes(5))
    browser.deployment.ping(code, "/fail", body=NASTY.encode(), headers={"User-Agent": NASTY})
    browser.sign_in(may_write=may_write)
    for query in (None, {"q": NASTY, "tag": NASTY, "status": NASTY, "page": NASTY}, {"tz": NASTY, "refresh": NASTY}):
        text = browser.get("/", query=query).text
        assert text.count("<script") == 1
        assert "<img" not in text
        assert "<b>x" not in text
        assert "{{7*7}}" in text or query is not None
        assert 'href="javascript' not in text


def test_a_name_that_turns_the_line_around_is_shown_not_obeyed(browser: Browser) -> None:
    add_job(browser, name="safe\u202egnp.exe", slug="odd")
    browser.sign_in()
    assert "\u202e" not in browser.get("/").text


@pytest.mark.parametrize("may_write", [True, False])
def test_the_first_check_shows_its_address_to_those_who_may_change_it(browser: Browser, may_write: bool) -> None:
    code = browser.deployment.add(name="first-check", schedule=Every(minutes(1)))
    browser.sign_in(may_write=may_write)
    text = browser.get("/").text
    assert "It expects a success every minute and has never been pinged." in text
    assert (f"https://overdue.example.com/ping/{code}" in text) is may_write
    assert ("New check" in text) is may_write
    assert ("signed in to read and write" in text.lower()) is may_write


def test_an_empty_deployment_says_how_to_begin(browser: Browser) -> None:
    browser.sign_in()
    text = browser.get("/").text
    assert "Nothing is watched yet" in text
    assert "/ping/PING_KEY/my-job?create=1" in text
    assert "<table" not in text


def test_a_command_is_for_the_stage_and_the_project_that_one_sees(browser: Browser) -> None:
    browser.sign_in()
    assert ">overdue keys add --scope ping --stage test</pre>" in browser.get("/").text
    browser.sign_in(project="shop")
    assert ">overdue keys add --scope ping --stage test --project shop</pre>" in browser.get("/").text


def test_all_tags_of_an_address_count_and_another_zone_keeps_them(browser: Browser) -> None:
    for name, tags in (("one", "prod db"), ("two", "prod"), ("three", "db")):
        add_job(browser, name=name, slug=name, tags=tags, tz="Europe/Berlin")
    browser.sign_in()
    text = browser.get("/", query={"tag": ["prod", "db"]}).text
    assert re.findall(r'href="/checks/(\w+)">\w+</a> <small>', text) == ["one"]
    assert 'href="?tag=prod&amp;tag=db&amp;tz=Europe%2FBerlin"' in text


def test_a_search_that_finds_nothing_says_so(browser: Browser) -> None:
    add_job(browser)
    browser.sign_in()
    text = browser.get("/", query={"q": "nobody"}).text
    assert "No check matches." in text
    assert "The only check does its work" in text


def test_a_zone_is_remembered(browser: Browser) -> None:
    add_job(browser, tz="America/New_York")
    browser.sign_in()
    text = browser.get("/").text
    assert ">12:00:00</time>" in text
    assert 'href="?tz=America%2FNew_York">show America/New_York</a>' in text
    answer = browser.get("/", query={"tz": "Europe/Kiev"})
    assert answer.headers["Set-Cookie"].startswith("overdue_tz=Europe%2FKyiv; Path=/; Max-Age=31536000; HttpOnly;")
    assert '<time datetime="2026-03-01T14:00:00+02:00">14:00:00</time>' in browser.get("/").text


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../../etc/passwd", "\x00", "a" * 5_000])
def test_a_zone_that_is_none_changes_nothing(browser: Browser, zone: str) -> None:
    browser.sign_in()
    browser.cookies["overdue_tz"] = "Nowhere%2FAtAll"
    answer = browser.get("/", query={"tz": zone})
    assert "Times in UTC" in answer.text
    assert "Set-Cookie" not in answer.headers


def test_refreshing_can_be_paused(browser: Browser) -> None:
    add_job(browser)
    browser.sign_in()
    assert '<body data-refresh="15">' in browser.get("/").text
    text = browser.get("/", query={"refresh": "off", "tag": "x"}).text
    assert "<body>" in text
    assert 'href="/?tag=x">resume' in text


def test_another_projects_checks_are_not_seen(browser: Browser) -> None:
    add_job(browser)
    browser.sign_in(project="other")
    assert "nightly-backup" not in browser.get("/").text


def test_a_large_page_is_compressed(browser: Browser) -> None:
    add_job(browser)
    browser.sign_in()
    answer = browser.get("/", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert b"nightly-backup" in gzip.decompress(b64decode(answer.text))


def test_while_dynamodb_is_away_the_page_says_so(browser: Browser) -> None:
    browser.sign_in()
    with away(browser.deployment.wiring.ports.tables.client, "Query"):
        answer = browser.get("/")
    assert answer.status == 503
    assert "Try again in a few seconds." in answer.text
    assert answer.headers["Retry-After"] == "5"


def see(browser: Browser, path: str, **request: Any) -> Answer:
    return browser.deployment.request("GET", path, **request)


def test_a_file_is_kept_for_ever_under_its_hash(browser: Browser) -> None:
    text = browser.get("/").text
    path = text.partition('<link rel="stylesheet" href="')[2].partition('"')[0]
    name, _, version = path.partition("?v=")
    kept = see(browser, name, query={"v": version})
    assert kept.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert kept.headers["Content-Type"] == "text/css; charset=utf-8"
    assert see(browser, name, query={"v": "old"}).headers["Cache-Control"] == "no-cache"
    again = see(browser, name, headers={"If-None-Match": kept.headers["ETag"]})
    assert (again.status, again.text) == (304, "")
    packed = see(browser, name, headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(b64decode(packed.text)) == b64decode(kept.text)


@pytest.mark.parametrize("name", ["nothing.css", "..", "__init__.py", "%2e%2e", ""])
def test_no_other_file_is_handed_out(browser: Browser, name: str) -> None:
    assert see(browser, f"/static/{name}").status == 404
