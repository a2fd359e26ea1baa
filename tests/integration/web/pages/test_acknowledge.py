"""The link in an alert: who looks at it changes nothing, who presses its button acknowledges that outage only."""

from typing import Any

import pytest
from itsdangerous import URLSafeSerializer

from chalicelib import runtime
from chalicelib.domain.ids import Code, unique_key
from chalicelib.services.signed_links.sessions import Signer, new_link
from chalicelib.store.secure_strings import ALERT_LINK_SECRET, get_or_create, parameter
from tests.builders import days, hours, minutes, seconds, utc
from tests.integration.web.pages.browsing import STAGE, Browser

NOON = utc("2026-03-01T12:00Z")
BASE = "https://overdue.example.com"


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    """A process of its own: what signs links is remembered for a minute."""
    runtime.wiring.cache_clear()


@pytest.fixture
def signed(browser: Browser) -> Browser:
    """A stage that has a secret."""
    get_or_create(browser.deployment.wiring.alert_link_secret._ssm, STAGE, ALERT_LINK_SECRET)
    return browser


def down(browser: Browser, **config: Any) -> tuple[Code, str]:
    """A check that has failed, and the path of the link in its alert."""
    code = browser.deployment.add(name="backup", **config)
    browser.deployment.ping(code, at=NOON)
    browser.deployment.ping(code, "/fail", at=NOON + minutes(1))
    [alert] = browser.deployment.alerts()
    assert alert["ack_url"] in alert["text"]
    path = alert["ack_url"].removeprefix(BASE)
    assert path.startswith("/ack/")
    return code, path


def test_looking_changes_nothing_and_the_button_acknowledges(signed: Browser) -> None:
    code, path = down(signed, remind_every=minutes(30))
    looked = signed.get(path, at=NOON + minutes(2))
    assert (looked.status, "backup is down: failed" in looked.text, "Since 12:01." in looked.text) == (200, True, True)
    assert '<form class="actions" method="post">' in looked.text
    assert signed.deployment.check(code).acknowledged_at is None

    assert signed.post(path, at=NOON + minutes(3)).status == 303
    check = signed.deployment.check(code)
    assert (check.acknowledged_at, check.acknowledged_by) == (NOON + minutes(3), "a link in an alert")
    again = signed.get(path, at=NOON + minutes(4))
    assert "Acknowledged at 12:03, by a link in an alert." in again.text
    assert "<form class" not in again.text
    signed.deployment.sweep(NOON + hours(3))
    assert signed.deployment.alerts() == []


def test_of_an_outage_that_is_over_it_says_so_and_does_nothing(signed: Browser) -> None:
    code, path = down(signed)
    signed.deployment.ping(code, at=NOON + minutes(5))
    assert "backup is up now: there is nothing to acknowledge." in signed.get(path, at=NOON + minutes(6)).text
    signed.deployment.ping(code, "/fail", at=NOON + minutes(7))
    assert "backup is down again since 12:07: acknowledge that" in signed.get(path, at=NOON + minutes(8)).text
    signed.post(path, at=NOON + minutes(8))
    assert signed.deployment.check(code).acknowledged_at is None


def test_it_works_for_seven_days(signed: Browser) -> None:
    code, path = down(signed)
    end = NOON + minutes(1) + days(7)
    assert signed.get(path, at=end).status == 410
    assert signed.post(path, at=end).status == 410
    assert signed.deployment.check(code).acknowledged_at is None
    assert signed.post(path, at=end - minutes(1)).status == 303


def test_what_nobody_here_has_signed_is_refused_and_another_sites_page_cannot_press_it(signed: Browser) -> None:
    code, path = down(signed)
    assert signed.get("/ack/x").status == 404
    assert signed.post(path[:-2]).status == 404
    signin = signed.link().removeprefix("/signin/")
    assert signed.get(f"/ack/{signin}").status == 404, "each kind of link is signed by a key of its own"
    assert signed.post(path, headers={"Sec-Fetch-Site": "cross-site"}).status == 403
    assert signed.deployment.check(code).acknowledged_at is None


def test_a_link_from_before_the_upgrade_works_for_the_rest_of_its_seven_days(signed: Browser) -> None:
    code, _ = down(signed)
    signed.link()  # makes the secret of sessions, which signed all links then
    secret = signed.deployment.wiring.session_secret.key(now=NOON)
    assert secret is not None
    said = ["default", unique_key(code), signed.deployment.check(code).n_flips, int((NOON + days(7)).timestamp())]
    path = f"/ack/{URLSafeSerializer(secret, salt='overdue acknowledge').dumps(said)}"  # by SHA-1
    assert signed.post(path, at=NOON + days(7)).status == 410
    assert signed.post(path, at=NOON + days(6)).status == 303
    assert signed.deployment.check(code).acknowledged_by == "a link in an alert"


def test_the_secret_that_signs_links_in_alerts_signs_nobody_in(signed: Browser) -> None:
    signed.link()
    kept = signed.deployment.wiring.alert_link_secret
    secret = kept.key(now=NOON)
    assert secret is not None
    link = new_link(project="default", may_write=True, now=NOON, session_lasts=hours(8))
    _, cookie = Signer(secret).session(link, now=NOON)
    signed.cookies["__Host-overdue"] = cookie
    assert signed.get("/").status == 403
    assert signed.post(f"/signin/{Signer(secret).link(link)}").status == 404


def test_of_a_check_that_was_deleted_there_is_nothing(signed: Browser) -> None:
    code, path = down(signed)
    tables = signed.deployment.wiring.ports.tables
    tables.client.delete_item(TableName=tables.checks, Key={"code": {"S": code}})
    assert signed.get(path).status == 404
    assert signed.post(path).status == 404


def test_without_a_secret_an_alert_goes_out_without_a_link(browser: Browser) -> None:
    code = browser.deployment.add(name="backup")
    browser.deployment.ping(code, at=NOON)
    browser.deployment.ping(code, "/fail", at=NOON + minutes(1))
    [alert] = browser.deployment.alerts()
    assert (alert["ack_url"], "Acknowledge" in alert["text"]) == (None, False)


def test_a_secret_that_cannot_be_read_holds_no_alert_and_is_asked_for_once_a_minute(browser: Browser) -> None:
    ssm = browser.deployment.wiring.alert_link_secret._ssm
    ssm.put_parameter(Name=parameter(STAGE, ALERT_LINK_SECRET), Value="no hex", Type="SecureString", Overwrite=True)
    code = browser.deployment.add(name="backup")
    browser.deployment.ping(code, "/fail", at=NOON)
    assert [alert["ack_url"] for alert in browser.deployment.alerts()] == [None]
    ssm.put_parameter(Name=parameter(STAGE, ALERT_LINK_SECRET), Value="ab" * 32, Type="SecureString", Overwrite=True)
    for second, has_link in ((59, False), (60, True)):
        browser.deployment.ping(code, at=NOON + seconds(second - 0.5))
        browser.deployment.ping(code, "/fail", at=NOON + seconds(second))
        alerts = [alert for alert in browser.deployment.alerts() if alert["kind"] == "down"]
        assert [alert["ack_url"] is not None for alert in alerts] == [has_link]
