"""Who is let in, for how long, and what a link does when it is opened twice."""

import pytest
from itsdangerous import URLSafeSerializer

from chalicelib.store.registry import signins
from chalicelib.store.tables import RegistryItem
from tests.builders import days, hours, minutes, utc
from tests.integration.faults import away
from tests.integration.web.pages.browsing import FORM, Browser


def test_without_a_session_nothing_is_shown_but_how_to_get_one(browser: Browser) -> None:
    browser.deployment.add(name="secret-job")
    answer = browser.get("/")
    assert answer.status == 403
    assert "overdue open --stage test" in answer.text
    assert "secret-job" not in answer.text


def test_a_link_that_is_only_looked_at_still_works(browser: Browser) -> None:
    link = browser.link()
    for _ in range(3):
        answer = browser.get(link)
        assert answer.status == 200
        assert "to read and write in project default, for 8 hours." in answer.text
        assert "Set-Cookie" not in answer.headers
    assert browser.post(link).status == 303
    assert browser.get("/").status == 200


def test_a_cookie_is_kept_from_scripts_and_other_sites(browser: Browser) -> None:
    [cookie] = [browser.sign_in().headers["Set-Cookie"]]
    assert cookie.startswith("__Host-overdue=")
    assert cookie.partition("; ")[2] == "Path=/; Max-Age=28800; HttpOnly; SameSite=Lax; Secure"


def test_a_link_signs_in_once(browser: Browser) -> None:
    link = browser.link()
    assert browser.post(link).status == 303
    other = Browser(browser.deployment)
    for answer in (other.post(link, at=utc("2026-03-01T12:05Z")), other.get(link, at=utc("2026-03-01T12:06Z"))):
        assert answer.status == 410
        assert "This one was made at 12:00 and used at 12:00." in answer.text
    assert other.cookies == {}


def test_a_link_ends_after_ten_minutes(browser: Browser) -> None:
    link = browser.link()
    answer = browser.post(link, at=utc("2026-03-01T12:10Z"))
    assert answer.status == 410
    assert "This one was made at 12:00 and has expired." in answer.text
    assert browser.post(link, at=utc("2026-03-01T12:09:59Z")).status == 303


@pytest.mark.parametrize("token", ["x", "e30.AAAA", "a" * 3_000])
def test_what_is_no_link_of_ours_is_refused(browser: Browser, token: str) -> None:
    browser.link()
    assert browser.get(f"/signin/{token}").status == 404
    assert browser.post(f"/signin/{token}").status == 404


def test_before_anybody_made_a_link_there_is_nothing_to_sign_in_to(browser: Browser) -> None:
    browser.deployment.wiring.session_secret.forget()
    assert browser.get("/signin/x").status == 404
    assert browser.get("/").status == 403


def test_another_sites_page_signs_nobody_in(browser: Browser) -> None:
    link = browser.link()
    answer = browser.post(link, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status == 403
    assert "Another site" in answer.text
    assert browser.cookies == {}


def test_a_session_ends_by_itself(browser: Browser) -> None:
    browser.sign_in()
    assert browser.get("/", at=utc("2026-03-01T19:59:59Z")).status == 200
    assert browser.get("/", at=utc("2026-03-01T20:00Z")).status == 403


def test_a_new_secret_ends_all_sessions_within_a_minute(browser: Browser) -> None:
    browser.sign_in()
    assert browser.get("/").status == 200
    browser.deployment.wiring.session_secret._ssm.delete_parameter(Name="/overdue/test/session-secret")
    assert browser.get("/", at=browser.deployment.now + minutes(1)).status == 403


def test_signing_out_needs_the_token_of_ones_own_form(browser: Browser) -> None:
    browser.sign_in()
    for fields in ({}, {"csrf": "0" * 32}):
        answer = browser.post("/signout", fields)
        assert answer.status == 403
        assert "This form is not from your session" in answer.text
    assert browser.get("/").status == 200
    assert browser.post("/signout", {"csrf": browser.csrf()}).status == 303
    assert browser.cookies["__Host-overdue"] == ""
    assert browser.get("/").status == 403


def test_signing_out_ends_the_session_for_copies_of_its_cookie_at_once(browser: Browser) -> None:
    browser.sign_in(session_lasts=days(90))
    copy, csrf = Browser(browser.deployment, dict(browser.cookies)), browser.csrf()
    other = Browser(browser.deployment)
    other.sign_in()
    code = browser.deployment.add(name="backup")
    assert copy.get("/").status == 200

    assert browser.post("/signout", {"csrf": csrf}).status == 303

    assert copy.get("/").status == 403
    assert copy.get("/", at=browser.deployment.now + days(89)).status == 403
    assert copy.post("/checks/backup/pause", {"csrf": csrf}).status == 403
    assert browser.deployment.check(code).status == "new"
    assert other.get("/").status == 200, "another session is left alone"


def test_a_cookie_from_before_the_upgrade_still_works_and_can_be_signed_out(browser: Browser) -> None:
    browser.link()
    secret = browser.deployment.wiring.session_secret.key(now=browser.deployment.now)
    assert secret is not None
    said = {"id": "A" * 22, "project": "default", "rw": True, "until": int(utc("2026-05-01T12:00Z").timestamp())}
    browser.cookies["__Host-overdue"] = URLSafeSerializer(secret, salt="overdue session").dumps(said)  # by SHA-1
    copy = Browser(browser.deployment, dict(browser.cookies))
    assert copy.get("/").status == 200
    assert browser.post("/signout", {"csrf": browser.csrf()}).status == 303
    assert copy.get("/").status == 403


def test_sessions_are_refused_while_sign_outs_cannot_be_read(browser: Browser) -> None:
    browser.sign_in()
    with away(browser.deployment.wiring.ports.tables.client, "GetItem"):
        assert browser.get("/").status == 503


def test_a_sign_out_that_cannot_be_written_says_so(browser: Browser) -> None:
    browser.sign_in()
    csrf = browser.csrf()
    with away(browser.deployment.wiring.ports.tables.client, "PutItem"):
        answer = browser.post("/signout", {"csrf": csrf})
    assert (answer.status, "Set-Cookie" in answer.headers) == (503, False)
    assert browser.get("/").status == 200


def test_links_and_sessions_that_have_expired_leave_no_rows(browser: Browser) -> None:
    browser.sign_in()
    browser.post("/signout", {"csrf": browser.csrf()})

    def rows() -> list[str]:
        return sorted(row.sk for row in RegistryItem.scan() if row.sk in ("used", "ended"))

    signins.forget_expired(now=browser.deployment.now + hours(7))
    assert rows() == ["ended"], "the link has expired, the session not"
    signins.forget_expired(now=browser.deployment.now + hours(8))
    assert rows() == []


def test_who_may_only_look_may_sign_out(browser: Browser) -> None:
    browser.sign_in(may_write=False, session_lasts=days(30))
    assert browser.post("/signout", {"csrf": browser.csrf()}).status == 303


def test_a_form_that_is_too_large_or_broken_is_no_form(browser: Browser) -> None:
    browser.sign_in()
    for body in (b"csrf=" + b"x" * 200_000, b"a=1&" * 1_000, b"\xff\xfe"):
        headers = FORM | {"Cookie": f"__Host-overdue={browser.cookies['__Host-overdue']}"}
        assert browser.deployment.request("POST", "/signout", body=body, headers=headers).status == 403


@pytest.mark.parametrize(("verb", "path"), [("PUT", "/"), ("GET", "/signout"), ("DELETE", "/signin/x"), ("POST", "/")])
def test_other_verbs_are_refused(browser: Browser, verb: str, path: str) -> None:
    assert browser.deployment.request(verb, path).status == 405
