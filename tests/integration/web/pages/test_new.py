"""The form that makes and changes a check, as the handler answers it: what it makes, refuses, keeps."""

import html
import re
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.domain.channels import Channel
from chalicelib.domain.check import Check
from chalicelib.domain.ids import Code, unique_key
from chalicelib.domain.limits.quota import Limits
from chalicelib.domain.schedule.occurrences import AnyOf, Cron, Every, OnCalendar
from chalicelib.domain.sources.probe import Probe
from chalicelib.store import batch_get
from chalicelib.store.registry import probes
from chalicelib.store.registry.projects import add_channel
from tests.builders import days, hours, minutes, seconds, utc
from tests.integration.web.pages.browsing import Browser, fields_of, send

NASTY = "\"><script>alert(1)</script><img src=x onerror=alert(2)>'{{7*7}}</textarea>"


def the_checks(browser: Browser) -> list[Check]:
    tables = browser.deployment.wiring.ports.tables
    return batch_get.checks(tables, batch_get.codes(tables, "default"), sleep=lambda _: None)


def the_check(browser: Browser) -> Check:
    [check] = the_checks(browser)
    return check


def test_a_name_alone_makes_a_check_and_leads_to_it(browser: Browser) -> None:
    browser.sign_in()
    answer = send(browser, name="Nightly ledger export")
    assert (answer.status, answer.headers["Location"]) == (303, "/checks/nightly-ledger-export")
    config = the_check(browser).config
    assert (config.name, config.slug, config.schedule) == (
        "Nightly ledger export",
        "nightly-ledger-export",
        Every(days(1)),
    )
    assert (config.grace, config.channels) == (hours(1), ("*",))


def test_all_that_it_asks_for_is_stored(browser: Browser) -> None:
    browser.sign_in()
    send(
        browser, name="Ledger", slug="ledger-export", tags="finance  nightly", desc="line 1\r\nline 2",
        schedule_kind="times", schedule="30 2 * * *\r\nMon..Fri 12:00", zone="Europe/Berlin", grace="45",
        grace_unit="m", min_runtime="40", max_runtime="30", min_count="500", count_window="1", count_window_unit="h",
        failures_before_alert="3", misses_before_alert="2", remind_every="4", first_ping_at="2026-03-05T08:00",
        early="10", windows="0 3 * * 0 for 2h\r\n\r\n", manual_resume="on", post_only="on",
    )  # fmt: skip
    config = the_check(browser).config
    assert config.schedule == AnyOf(
        (Cron("30 2 * * *", "Europe/Berlin"), OnCalendar("Mon..Fri 12:00", "Europe/Berlin"))
    )
    assert (config.slug, config.tags, config.desc) == ("ledger-export", "finance nightly", "line 1\nline 2")
    assert (config.grace, config.min_runtime, config.max_runtime) == (minutes(45), seconds(40), minutes(30))
    assert (config.min_count, config.count_window, config.remind_every) == (500, hours(1), hours(4))
    assert (config.failures_before_alert, config.misses_before_alert, config.early) == (3, 2, minutes(10))
    assert (config.first_ping_by, config.windows) == (utc("2026-03-05T07:00Z"), ("0 3 * * 0 for 2h",))
    assert (config.manual_resume, config.filters.methods) == (True, "POST")


def test_a_probe_is_made_and_the_prober_knows_of_it(browser: Browser) -> None:
    browser.sign_in()
    answer = send(browser, name="Shop", kind="probe", url="https://shop.example.com/", every="5", expect_status="2xx")
    assert answer.status == 303
    config = the_check(browser).config
    assert config.probe == Probe(url="https://shop.example.com/", every=minutes(5), expect_status="2xx")
    assert (config.schedule, config.grace) == (Every(minutes(5)), minutes(10))
    assert [row.code for row in probes.round_of_all().rows] == [the_check(browser).code]


def test_chosen_channels_hear_of_it_and_no_others(browser: Browser) -> None:
    channel = Channel(id="c-2", name="oncall-sms", kind="sms", target="+15550142", subscription="")
    add_channel("default", channel, now=browser.deployment.now)
    browser.sign_in()
    text = browser.get("/new").text
    assert "email to ops@example.com" in text
    assert "SMS to a number ending in 42" in text
    fields = fields_of(text) | {"name": "x"}
    del fields["all_channels"]
    kept = next(name for name in fields if name.startswith("channel.") and name != "channel.c-2")
    del fields[kept]
    browser.post("/new", fields)
    assert the_check(browser).config.channels == ("c-2",)


def test_what_is_wrong_stands_at_its_field_and_nothing_typed_is_lost(browser: Browser) -> None:
    browser.sign_in()
    typed = {
        "name": " ", "slug": "A", "tags": "kept as typed", "schedule_kind": "times", "schedule": "61 * * * *",
        "grace": "0", "windows": "y", "desc": "\r\nlast",
    }  # fmt: skip
    answer = send(browser, **typed)
    text = html.unescape(answer.text)
    assert answer.status == 400
    assert "<title>Error: New check" in text
    assert re.findall(r'id="([a-z_]+)-error"', text) == ["name", "slug", "grace", "windows"]
    assert re.findall(r'<a href="#([a-z_]+)">', text) == ["name", "slug", "schedule", "grace", "windows"]
    assert '"0h" is too short: use 1m to 365d' in text.partition('id="grace-error">')[2].partition("</p>")[0]
    assert "minute 61 is not within 0–59" in text.partition('data-said="understood"')[2].partition("</div>")[0]
    assert [label for _, label in re.findall(r'<a href="#([a-z_]+)">([^<]*)', text)] == [
        "Name", "Slug", "Schedule", "Grace", "Maintenance windows",
    ]  # fmt: skip
    kept = fields_of(answer.text)
    assert {name: kept[name] for name in typed} == typed
    assert the_checks(browser) == []


def test_a_slug_that_another_check_has_is_refused_with_a_link_to_it(browser: Browser) -> None:
    browser.deployment.add(name="ledger-export")
    browser.sign_in()
    text = send(browser, name="Ledger Export").text
    assert 'Another check has this slug. <a href="/checks/ledger-export">ledger-export</a> would no longer' in text
    assert 'name="slug" aria-invalid="true"' in text
    assert 'value="ledger-export"' in text
    assert len(the_checks(browser)) == 1


def test_it_says_what_it_understood_without_making_anything(browser: Browser) -> None:
    browser.deployment.now = utc("2026-10-24T03:12:40Z")
    browser.sign_in()
    typed = {"name": "Ledger", "schedule_kind": "times", "schedule": "30 2 * * *", "zone": "Europe/Berlin"}
    for do in ("check", "understood"):
        answer = browser.post("/new", fields_of(browser.get("/new").text) | typed | {"do": do})
        assert answer.status == 200
        assert "<p>Every day at 02:30, Europe/Berlin</p>" in answer.text
        assert 'Sun 25 Oct <b>02:30</b></time> <span class="quiet">00:30 UTC</span>' in answer.text
        assert "Clocks go back at 03:00, so 02:30 comes twice. Expected once, at the first." in answer.text
        assert "<b>Ledger</b> is due <b>every day at 02:30</b>, Europe/Berlin." in answer.text
        assert answer.text.count("</time> <span class=") == 5
    assert "<html" not in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert the_checks(browser) == []


def test_an_occurrence_within_maintenance_says_so(browser: Browser) -> None:
    browser.sign_in()
    typed = {"name": "x", "schedule_kind": "times", "schedule": "0 3 * * *", "windows": "0 2 * * 2 for 2h"}
    assert "Within maintenance, until 04:00: not expected." in send(browser, **typed, do="check").text


def edit_path(browser: Browser, code: Code) -> str:
    return f"/checks/{browser.deployment.check(code).config.slug}/edit"


def test_an_edit_changes_what_was_edited(browser: Browser) -> None:
    code = browser.deployment.add(name="ledger", schedule=Cron("30 2 * * *", "Europe/Berlin"), tz="Europe/Berlin")
    browser.sign_in()
    path = edit_path(browser, code)
    assert "<h1>Edit ledger</h1>" in browser.get(path).text
    answer = send(browser, path, grace="2", grace_unit="h", slug="other")
    assert (answer.status, answer.headers["Location"]) == (303, "/checks/other")
    after = browser.deployment.check(code).config
    assert (after.grace, after.slug, after.schedule) == (hours(2), "other", Cron("30 2 * * *", "Europe/Berlin"))


def test_an_edit_of_nothing_writes_nothing(browser: Browser) -> None:
    config: dict[str, Any] = {
        "name": "two\nlines", "slug": "odd", "desc": "\na\r\nb ", "tags": "a\tb",
        "schedule": OnCalendar("12:00\n13:00", "UTC"), "channels": ("gone",),
        "first_ping_by": utc("2026-03-05T07:00:30Z"), "grace": seconds(3601),
    }  # fmt: skip
    code = browser.deployment.add(**config)
    before = browser.deployment.check(code)
    browser.sign_in()
    assert send(browser, "/checks/odd/edit").status == 303
    assert browser.deployment.check(code).config == before.config


def test_a_check_without_a_slug_is_edited_by_its_unique_key(browser: Browser) -> None:
    code = browser.deployment.add(name="Ledger", slug="")
    browser.sign_in()
    answer = send(browser, f"/checks/{unique_key(code)}/edit", tags="new")
    assert answer.headers["Location"] == f"/checks/{unique_key(code)}"
    assert browser.deployment.check(code).config.tags == "new"


def test_who_was_slower_is_told_and_loses_nothing(browser: Browser) -> None:
    code = browser.deployment.add(name="ledger")
    browser.sign_in()
    mine = fields_of(browser.get("/checks/ledger/edit").text) | {"tags": "mine"}
    send(browser, "/checks/ledger/edit", tags="theirs")
    answer = browser.post("/checks/ledger/edit", mine)
    assert answer.status == 409
    text = html.unescape(answer.text)
    assert "Nothing was saved: somebody else has changed this check since you opened this form." in text
    assert '<a href="#tags">Tags</a>: yours is shown here, theirs is “theirs”.' in text
    assert "To save what is shown here, press Save again." in text
    assert browser.deployment.check(code).config.tags == "theirs"
    assert fields_of(answer.text)["tags"] == "mine"
    assert browser.post("/checks/ledger/edit", fields_of(answer.text)).status == 303
    assert browser.deployment.check(code).config.tags == "mine"


@pytest.mark.parametrize(
    ("first", "status"), [({"slug": "Bad Slug"}, 400), ({"name": "Mine", "do": "check"}, 200)], ids=["error", "check"]
)
def test_an_error_or_a_look_in_between_hides_no_change_of_somebody_else(
    browser: Browser, first: dict[str, str], status: int
) -> None:
    code = browser.deployment.add(name="conf", tags="a")
    browser.sign_in()
    mine = fields_of(browser.get("/checks/conf/edit").text)
    send(browser, "/checks/conf/edit", tags="other", grace="3")
    answer = browser.post("/checks/conf/edit", mine | first)
    assert answer.status == status
    answer = browser.post("/checks/conf/edit", fields_of(answer.text) | {"slug": "conf-2"})
    assert answer.status == 409
    assert '<a href="#tags">Tags</a>: theirs is shown here, “other”.' in html.unescape(answer.text)
    assert browser.deployment.check(code).config.slug == "conf"
    assert browser.post("/checks/conf/edit", fields_of(answer.text)).status == 303
    after = browser.deployment.check(code).config
    assert (after.slug, after.tags, after.grace) == ("conf-2", "other", hours(3))


def test_a_form_finds_its_check_when_somebody_else_has_renamed_that(browser: Browser) -> None:
    """Though another check has its slug by now."""
    code = browser.deployment.add(name="conf")
    browser.sign_in()
    mine = fields_of(browser.get("/checks/conf/edit").text) | {"tags": "mine"}
    send(browser, "/checks/conf/edit", slug="renamed")
    for _ in range(2):
        answer = browser.post("/checks/conf/edit", mine)
        assert answer.status == 409
        assert '<a href="#slug">Slug</a>: theirs is shown here, “renamed”.' in answer.text
        browser.deployment.add(name="conf")
    assert browser.post("/checks/conf/edit", fields_of(answer.text)).headers["Location"] == "/checks/renamed"
    assert browser.deployment.check(code).config.tags == "mine"


@pytest.mark.parametrize("name", ["Ledger", "日本語"])
def test_a_form_that_is_sent_twice_makes_one_check(browser: Browser, name: str) -> None:
    browser.sign_in()
    fields = fields_of(browser.get("/new").text) | {"name": name}
    first, second = browser.post("/new", fields), browser.post("/new", fields)
    path = f"/checks/{the_check(browser).config.slug or unique_key(the_check(browser).code)}"
    assert [(each.status, each.headers["Location"]) for each in (first, second)] == [(303, path)] * 2
    assert browser.post("/new", fields | {"name": "Another"}).headers["Location"] == "/checks/another"
    assert len(the_checks(browser)) == 2


def test_the_opening_of_a_form_leads_to_no_check_of_another_session(browser: Browser) -> None:
    browser.sign_in()
    fields = fields_of(browser.get("/new").text) | {"name": "日本語"}
    browser.post("/new", fields)
    made = the_check(browser)
    other = Browser(browser.deployment)
    other.sign_in(project="other")
    answer = other.post("/new", fields | {"csrf": other.csrf()})
    assert answer.status == 303
    assert unique_key(made.code) not in answer.headers["Location"]
    assert the_check(browser) == made


def test_what_decides_which_fields_are_read_is_not_guessed(browser: Browser) -> None:
    browser.sign_in()
    answer = send(browser, name="x", kind="cron")
    assert answer.status == 400
    assert (
        '"cron" is not a choice: use job or probe or group'
        in html.unescape(answer.text).partition('id="kind-error">')[2]
    )
    assert send(browser, name="x", schedule_kind="sometimes").status == 400
    assert the_checks(browser) == []


def test_a_first_ping_that_has_passed_is_refused(browser: Browser) -> None:
    browser.sign_in()
    answer = send(browser, name="x", first_ping_at="2020-01-01T00:00")
    assert answer.status == 400
    assert "has passed: use an instant in the future" in answer.text.partition('id="first_ping_at-error">')[2]
    assert the_checks(browser) == []


def test_headers_of_a_probe_stay_and_are_not_shown(browser: Browser) -> None:
    probe = Probe(url="https://api.example.com/", headers=(("Authorization", "Bearer s3cret"),), every=minutes(5))
    code = browser.deployment.add(name="api", probe=probe, schedule=Every(minutes(5)), grace=minutes(10))
    browser.sign_in()
    assert "s3cret" not in browser.get("/checks/api/edit").text
    send(browser, "/checks/api/edit", expect_text="ok")
    after = browser.deployment.check(code).config.probe
    assert after is not None
    assert (after.headers, after.expect_text, after.every) == (probe.headers, "ok", minutes(5))


@pytest.mark.parametrize("path", ["/new", "/checks/ledger/edit"])
def test_who_may_only_look_gets_no_form(browser: Browser, path: str) -> None:
    browser.deployment.add(name="ledger")
    browser.sign_in(may_write=False)
    answer = browser.get(path)
    assert answer.status == 403
    assert "to look only" in answer.text
    assert "data-understands" not in answer.text
    assert browser.post(path, {"csrf": browser.csrf(), "name": "x"}).status == 403


@pytest.mark.parametrize(("path", "do"), [("/new", "save"), ("/checks/ledger/edit", "understood")])
def test_a_form_without_its_token_or_from_elsewhere_does_nothing(browser: Browser, path: str, do: str) -> None:
    code = browser.deployment.add(name="ledger")
    browser.sign_in()
    fields = fields_of(browser.get(path).text) | {"name": "taken over", "do": do}
    other = Browser(browser.deployment)
    other.sign_in()
    assert browser.post(path, fields | {"csrf": other.csrf()}).status == 403
    assert browser.post(path, fields, headers={"Sec-Fetch-Site": "cross-site"}).status == 403
    assert Browser(browser.deployment).post(path, fields).status == 403
    assert browser.deployment.check(code).config.name == "ledger"
    assert len(the_checks(browser)) == 1


def test_another_projects_check_is_not_found(browser: Browser) -> None:
    browser.deployment.add(name="ledger")
    browser.sign_in(project="other")
    assert browser.get("/checks/ledger/edit").status == 404


def test_what_is_stored_or_typed_does_nothing_on_the_page(browser: Browser) -> None:
    browser.deployment.add(name=NASTY, slug="nasty", tags=NASTY, desc=NASTY, windows=("0 2 * * 0 for 2h",))
    browser.sign_in()
    typed = dict.fromkeys(
        ("name", "slug", "tags", "desc", "grace", "windows", "schedule", "zone", "url", "min_count"), NASTY
    )
    for answer in (
        browser.get("/checks/nasty/edit"),
        send(browser, **typed),
        send(browser, **typed, schedule_kind="times", do="understood"),
        send(browser, **typed, kind="probe", do="check"),
    ):
        assert answer.text.count("<script") == answer.text.count('<script src="/static/pages.js')
        assert "<img" not in answer.text
    assert len(the_checks(browser)) == 1


def test_a_project_that_is_full_refuses_the_form_and_keeps_what_was_typed(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    wiring = browser.deployment.wiring
    monkeypatch.setitem(vars(wiring), "admission", replace(wiring.admission, limits=Limits(checks=0, by_ping=1)))
    browser.sign_in()

    answer = send(browser, name="Nightly backup", tags="prod db")

    assert answer.status == 403
    assert "Not saved: the project has reached its limit of 0 checks." in answer.text
    assert fields_of(answer.text)["tags"] == "prod db"
    assert the_checks(browser) == []
