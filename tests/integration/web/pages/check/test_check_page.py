"""A check's page as the handler answers it: what it tells, to whom, and what its forms do."""

import re
from html import unescape
from typing import Any
from urllib.parse import parse_qsl

from chalicelib.domain.alerts import Reason
from chalicelib.domain.check import Judged, Status
from chalicelib.domain.ids import Code, unique_key
from chalicelib.domain.schedule.occurrences import Cron, Every
from chalicelib.domain.sources.probe import Probe
from chalicelib.store import history
from tests.browser.past import Writer
from tests.builders import R1, hours, minutes, seconds, utc
from tests.integration.web.pages.browsing import Browser

PAGE = "/checks/nightly-backup"
NASTY = "\"><script>alert(1)</script><img src=x onerror=alert(2)>'{{7*7}}"


def add_job(browser: Browser, **config: Any) -> Code:
    """A check that came up at 11:30, half an hour ago, after a run of four minutes."""
    given = {"schedule": Every(hours(1)), "grace": minutes(5)} | config
    code = browser.deployment.add(**given)
    browser.deployment.ping(code, "/start", at=utc("2026-03-01T11:26Z"))
    browser.deployment.ping(code, at=utc("2026-03-01T11:30Z"), body=b"12 tables\ndone")
    return code


def see(browser: Browser, path: str = PAGE, **request: Any) -> str:
    answer = browser.get(path, **request)
    assert answer.status == 200, answer
    return answer.text


def test_a_check_that_is_well_says_so_first(browser: Browser) -> None:
    add_job(browser)
    browser.sign_in()
    text = see(browser)
    assert "<title>nightly-backup is up · Overdue</title>" in text
    assert (
        "Last success 30 min ago, after 4 min (not enough runs yet for a usual duration). Next expected in 30 min."
        in text
    )
    assert text.index("<h1>") < text.index('id="h-runs"')


def test_why_it_is_down_is_said_as_in_its_alert(browser: Browser) -> None:
    code = add_job(browser, remind_every=hours(4))
    browser.deployment.ping(code, "/75", at=utc("2026-03-01T11:45Z"), body=b"first line\nno space left on device")
    [told] = browser.deployment.alerts()
    browser.sign_in()
    text = see(browser)
    assert '<span class="down">is down: failed</span>' in text
    assert "Exit status 75 at 11:45:00." in text
    assert "Exit status 75 at 11:45:00." in told["text"]
    assert "no space left on device" in text
    assert "Down since 11:45. 1 channel was notified at 11:45:00." not in text, "who may write sees names"
    assert "ops-email was notified at 11:45:00. Nobody has acknowledged it. Next reminder 15:45." in text
    assert "failed, exit status 75" in text


def test_the_link_of_an_alert_leads_to_the_page(browser: Browser) -> None:
    code = browser.deployment.add(slug="", schedule=Every(hours(1)), grace=minutes(5))
    browser.deployment.ping(code, "/fail")
    [alert] = browser.deployment.alerts()
    browser.sign_in()
    assert "is down: failed" in see(browser, alert["check"]["url"].removeprefix("https://overdue.example.com"))


def test_the_rows_of_the_overview_lead_to_the_page(browser: Browser) -> None:
    add_job(browser)
    browser.sign_in()
    [path] = set(re.findall(r'href="(/checks/[^"/]+)"', see(browser, "/")))
    assert "<h1>nightly-backup" in see(browser, path)


def test_a_code_leads_to_the_page_of_who_may_write_and_does_not_stay(browser: Browser) -> None:
    code = add_job(browser)
    browser.sign_in()
    answer = browser.get(f"/checks/{code}")
    assert (answer.status, answer.headers["Location"]) == (303, f"/checks/{unique_key(code)}")
    browser.sign_in(may_write=False)
    assert browser.get(f"/checks/{code}").status == 404


def test_what_is_no_check_is_not_found(browser: Browser) -> None:
    add_job(browser)
    browser.sign_in()
    nobodys = "7f0e8d4c-1b2a-4c3d-8e9f-0123456789ab"
    for name in ("nothing", "0" * 40, nobodys, "..", "%00", "a" * 2_000, "<b>", "Nightly-Backup"):
        answer = browser.get(f"/checks/{name}")
        assert answer.status == 404
        assert "There is nothing here" in answer.text
        assert "<b>" not in answer.text


def test_another_projects_check_is_not_found(browser: Browser) -> None:
    code = add_job(browser)
    browser.sign_in(project="other")
    for name in ("nightly-backup", unique_key(code), code):
        assert browser.get(f"/checks/{name}").status == 404


def test_without_a_session_nothing_is_shown(browser: Browser) -> None:
    add_job(browser)
    assert browser.get(PAGE).status == 403
    assert browser.post(f"{PAGE}/pause").status == 403


def test_who_may_only_look_gets_no_form_no_address_and_no_names(browser: Browser) -> None:
    code = add_job(browser)
    browser.deployment.ping(code, "/fail", at=utc("2026-03-01T11:45Z"))
    browser.sign_in(may_write=False)
    text = see(browser)
    assert re.findall(r'<form[^>]* action="([^"]+)"', text) == ["/signout"]
    assert code not in text
    assert "/ping/" not in text
    assert "/edit" not in text
    assert "ops-email" not in text
    assert "1 channel was notified at 11:45:00." in text
    assert browser.post(f"{PAGE}/pause", {"csrf": browser.csrf()}).status == 403
    assert browser.deployment.check(code).status is Status.DOWN


def test_what_is_stored_does_nothing_on_the_page(browser: Browser) -> None:
    code = browser.deployment.add(
        name=NASTY,
        slug="nasty",
        tags='"><b>x</b> javascript:alert(3)',
        desc=f'{NASTY} javascript:alert(4) https://a.example/"onclick=x',
        schedule=Every(hours(1)),
    )
    browser.deployment.ping(code, "/start", query={"rid": R1})
    browser.deployment.ping(code, "/log", query={"rid": R1}, body=NASTY.encode())
    browser.deployment.ping(code, "/fail", body=f"\x1b[31m{NASTY}\u202e".encode(), headers={"User-Agent": NASTY})
    browser.sign_in()
    for query in (None, {"show": "pings"}, {"show": NASTY, "before": NASTY, "refresh": NASTY, "tz": NASTY}):
        text = see(browser, "/checks/nasty", query=query)
        assert text.count("<script") == 1
        assert "<img" not in text
        assert "<b>x" not in text
        assert 'href="javascript' not in text
        assert " onclick" not in re.sub(r'"[^"]*"', "", text)
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert "style=" not in text


def test_a_body_can_be_opened_whole_and_its_last_line_is_seen(browser: Browser) -> None:
    add_job(browser)
    browser.sign_in()
    text = see(browser)
    assert "<details><summary>done</summary>" in text
    assert ">12 tables\ndone</pre>" in text


def test_a_form_does_what_the_api_does(browser: Browser) -> None:
    code = add_job(browser)
    browser.deployment.ping(code, "/fail", at=utc("2026-03-01T11:45Z"))
    browser.sign_in()
    for action in ("acknowledge", "snooze", "pause"):
        answer = browser.post(f"{PAGE}/{action}", {"csrf": browser.csrf(), "until": "3600"})
        assert (answer.status, answer.headers["Location"]) == (303, PAGE)
        after = browser.deployment.check(code)
        assert after.status is (Status.PAUSED if action == "pause" else Status.DOWN)
        if action == "acknowledge":
            assert (after.acknowledged_by, after.acknowledged_at) == ("the dashboard", browser.deployment.now)
        assert (after.snoozed_until == utc("2026-03-01T13:00Z")) is (action != "acknowledge")


def test_paused_it_can_be_resumed_and_is_new_again(browser: Browser) -> None:
    code = add_job(browser)
    browser.sign_in()
    browser.post(f"{PAGE}/pause", {"csrf": browser.csrf()})
    text = see(browser)
    assert "It has been paused since 12:00: no ping is expected. A ping resumes it." in text
    assert f'action="{PAGE}/snooze"' not in text
    browser.post(f"{PAGE}/resume", {"csrf": browser.csrf()})
    assert browser.deployment.check(code).status is Status.NEW
    assert "No ping has come since it was resumed, 0 s ago." in see(browser)


def test_a_snooze_can_be_ended(browser: Browser) -> None:
    code = add_job(browser)
    browser.sign_in()
    browser.post(f"{PAGE}/snooze", {"csrf": browser.csrf(), "until": "2026-03-02T09:00:00+01:00"})
    assert "Snoozed until Mon 2 Mar 08:00: no alert goes out before then." in see(browser)
    browser.post(f"{PAGE}/unsnooze", {"csrf": browser.csrf()})
    assert browser.deployment.check(code).snoozed_until is None


def test_a_snooze_without_a_good_end_is_refused(browser: Browser) -> None:
    code = add_job(browser)
    browser.sign_in()
    csrf = browser.csrf()
    for until in ("", "0", "soon", "99999999999999", "31536001", "2020-01-01T00:00Z", "2027-03-02T00:00Z"):
        answer = browser.post(f"{PAGE}/snooze", {"csrf": csrf, "until": until})
        assert (answer.status, until) == (400, until)
    assert browser.deployment.check(code).snoozed_until is None


def test_it_is_deleted_by_who_has_typed_its_name(browser: Browser) -> None:
    code = add_job(browser)
    browser.sign_in()
    refused = browser.post(f"{PAGE}/delete", {"csrf": browser.csrf(), "confirm": "yes"})
    assert refused.status == 400
    assert "to delete it, type nightly-backup into the field" in refused.text
    assert browser.deployment.check(code).status is Status.UP
    answer = browser.post(f"{PAGE}/delete", {"csrf": browser.csrf(), "confirm": "nightly-backup"})
    assert (answer.status, answer.headers["Location"]) == (303, "/?deleted=yes")
    assert browser.get(PAGE).status == 404
    assert "The check has been deleted" in browser.get("/", query={"deleted": "yes"}).text
    assert "has been deleted" not in browser.get("/").text


def test_what_is_not_down_cannot_be_acknowledged_and_says_so(browser: Browser) -> None:
    code = add_job(browser)
    browser.sign_in()
    before = browser.deployment.check(code)
    answer = browser.post(f"{PAGE}/acknowledge", {"csrf": browser.csrf()})
    assert answer.status == 400
    assert "The check is not down (any more), so there is nothing to acknowledge." in answer.text
    assert browser.deployment.check(code) == before


def test_a_form_without_the_token_of_its_session_changes_nothing(browser: Browser) -> None:
    code = add_job(browser)
    before = browser.deployment.check(code)
    browser.sign_in()
    csrf = browser.csrf()
    for action in ("pause", "resume", "snooze", "unsnooze", "acknowledge", "delete"):
        fields = {"until": "3600", "confirm": "nightly-backup"}
        for token in ({}, {"csrf": "0" * 32}):
            assert browser.post(f"{PAGE}/{action}", fields | token).status == 403
        crossing = {"Sec-Fetch-Site": "cross-site"}
        assert browser.post(f"{PAGE}/{action}", fields | {"csrf": csrf}, headers=crossing).status == 403
        assert browser.get(f"{PAGE}/{action}").status == 405
    assert browser.deployment.check(code) == before


def test_there_is_no_other_action(browser: Browser) -> None:
    add_job(browser)
    browser.sign_in()
    assert browser.post(f"{PAGE}/explode", {"csrf": browser.csrf()}).status == 404


def rows(text: str) -> list[str]:
    """The outcomes of the history, top down."""
    return re.findall(
        r'<svg class="mark \w+" aria-hidden="true"><use href="#\w+"/></svg>([^<]+)</span></td>\s*<td class="started">',
        text,
    )


def older(text: str) -> dict[str, str] | None:
    """The query of the next page; None on the last."""
    found = re.search(r'<a href="[^"]+\?([^"]+)#h-history">Older</a>', text)
    return None if found is None else dict(parse_qsl(unescape(found[1])))


def test_a_long_history_is_paged_without_losing_or_repeating_a_run(browser: Browser) -> None:
    code = browser.deployment.add(schedule=Every(hours(1)), grace=minutes(5))
    tables, begun = browser.deployment.wiring.ports.tables, utc("2026-02-28T03:30Z")
    writer = Writer(tables, browser.deployment.check(code))
    for number in range(33):
        at = begun + hours(number)
        if number == 20:
            history.put_record(tables, writer.check, Judged(at=at + minutes(6), reason=Reason.MISSED, count=None))
        else:
            writer.run(at, seconds(60), body=str(number))
    browser.sign_in()
    seen, pages = list[str](), 0
    query: dict[str, str] | None = {}
    while query is not None:
        text = see(browser, query=query)
        seen += re.findall(r'<pre tabindex="0" role="group" aria-label="Output of ping #\d+">(\d+)</pre>', text)
        seen += [what for what in rows(text) if what == "missed"]
        query, pages = older(text), pages + 1
    assert sorted(seen) == sorted([*(str(number) for number in range(33) if number != 20), "missed"])
    assert pages == 3


def test_every_ping_and_only_what_went_wrong_can_be_seen(browser: Browser) -> None:
    code = add_job(browser)
    browser.deployment.ping(code, "/fail", at=utc("2026-03-01T11:40Z"))
    browser.deployment.ping(code, "/log", at=utc("2026-03-01T11:41Z"), body=b"word")
    browser.sign_in()
    assert rows(see(browser, query={"show": "pings"})) == ["log", "failure", "success", "start", "down, failed", "up"]
    assert rows(see(browser, query={"show": "bad"})) == ["failed", "down, failed", "up"]


def test_an_open_run_stands_with_what_it_last_said(browser: Browser) -> None:
    code = add_job(browser, max_runtime=minutes(30))
    browser.deployment.ping(code, "/start", at=utc("2026-03-01T11:50Z"), query={"rid": R1})
    browser.deployment.ping(code, "/log", at=utc("2026-03-01T11:55Z"), query={"rid": R1}, body=b"step 2 of 3")
    browser.sign_in()
    text = see(browser)
    assert '<span class="running">is running</span>' in text
    assert (
        "It has been running for 10 min. There are not enough runs yet for a usual duration; its limit is 30 min."
        in text
    )
    assert "Its last output, at 11:55: <samp>step 2 of 3</samp>" in " ".join(text.split())
    assert "<code>11111111</code>" in text
    assert "10 min, until 12:20" in text


def test_a_probe_shows_what_it_asks_but_no_secret(browser: Browser) -> None:
    probe = Probe(url="https://api.example.com/health?key=s3cret", headers=(("Authorization", "Bearer s3cret"),))
    browser.deployment.add(probe=probe, schedule=Every(minutes(1)), grace=minutes(6))
    browser.sign_in(may_write=False)
    text = see(browser)
    assert "https://api.example.com/health" in text
    assert "With headers" in text
    assert "s3cret" not in text
    browser.sign_in()
    assert "Bearer" not in see(browser)


def test_names_that_share_a_slug_lead_to_each_other(browser: Browser) -> None:
    first, second = browser.deployment.add(name="one", slug="same"), browser.deployment.add(name="two", slug="same")
    browser.sign_in()
    text = see(browser, "/checks/same")
    shown, other = (second, first) if "<h1>two" in text else (first, second)
    assert f'<a href="/checks/{unique_key(other)}">' in text
    assert unique_key(shown) not in text


def test_the_next_occurrences_stand_in_both_zones_with_their_oddities(browser: Browser) -> None:
    schedule = Cron("30 2 * * *", "America/New_York")
    browser.deployment.add(schedule=schedule, tz="America/New_York")
    browser.deployment.now = utc("2026-03-07T17:00Z")
    browser.sign_in(now=browser.deployment.now)
    text = see(browser, query={"tz": "Europe/Berlin"})
    assert "there is no 02:30" in text
    assert "07:30 Europe/Berlin" in text or "08:00 Europe/Berlin" in text
