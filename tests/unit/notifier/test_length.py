"""Alerts shortened for each service that Apprise ships, by the limits that its plugin declares."""

from collections.abc import Iterator
from typing import Any

import pytest
from apprise import Apprise, NotifyBase, NotifyFormat, OverflowMode
from apprise.conversion import convert_between
from apprise.plugins import N_MGR

from notifier.length import CUT, fit

LINK = "https://overdue.example.com/i/Ab12Cd34Ef56"
SUBJECT = "DOWN invoices <eu>: failed with exit status 1"
SMS = f"DOWN invoices: exit status 1 since 14:05. {LINK}"
OUTPUT = "\n".join(f"Traceback line {number}: <module> & more" for number in range(400))
LONG = f"invoices is down: it failed with exit status 1 at 14:05.\n\nLast output:\n{OUTPUT}\n\nAcknowledge: {LINK}"
URLS = {  # of services whose limits depend on the URL, or that cannot do without one
    "NotifyAprs": "aprs://N0CALL:12345@N0CALL",
    "NotifyEmby": "emby://user:pass@localhost",
    "NotifyGitHub": f"github://ghp_{36 * 'a'}@owner/repo",
    "NotifyJellyfin": "jellyfin://user:pass@localhost",
    "NotifyMastodon": "mastodon://token@localhost/@user",
    "NotifyMatrix": "matrix://user:pass@localhost/%23room",
    "NotifyMobileMessage": "mobilemessage://user:pass@15551230000/15551230001",
    "NotifyNotifyre": f"notifyre://{40 * 'a'}/15551230001",
    "NotifySNS": "sns://AKIAIOSFODNN7EXAMPLE/abcdefghijklmnopqrstuvwxyz0123456789abcd/us-east-1/15551230001",
    "NotifyTwilio": f"twilio://AC{32 * 'a'}:{32 * 'b'}@15551230000/15551230001",
    "NotifyTwist": "twist://pass:user@example.com",
    "NotifyTwitter": "twitter://consumerkey/consumersecret/accesstoken/accesssecret",
    "NotifyWebexTeams": f"wxteams://{80 * 'a'}",
}
UNBUILT = {
    "NotifyXMPP": "needs a library that is not installed",
    "NotifyMobileMessage": "asks its service for its limit",
}


def services() -> Iterator[Any]:
    for plugin in N_MGR.plugins():
        name = plugin.__name__
        if name not in UNBUILT:
            yield pytest.param(plugin, id=name)


def instance(plugin: type[NotifyBase]) -> NotifyBase:
    """A plugin as Apprise makes it from a URL; where a URL is not known here, one with the class's limits."""
    if plugin.__name__ in URLS:
        made = Apprise()
        assert made.add(URLS[plugin.__name__])
        service: NotifyBase = made[0]
        return service
    bare: NotifyBase = plugin.__new__(plugin)
    NotifyBase.__init__(bare)
    return bare


@pytest.mark.parametrize("plugin", list(services()))
def test_no_service_gets_more_than_it_declares_and_each_gets_subject_and_link(plugin: type[NotifyBase]) -> None:
    service = instance(plugin)
    most = int(service.body_maxlen)
    message = fit(service, SUBJECT, LONG, SMS)

    target = service.resolve_format(NotifyFormat.TEXT)
    title = (
        convert_between(NotifyFormat.TEXT, target, message.subject) if service.title_maxlen <= 0 else message.subject
    )
    body = convert_between(NotifyFormat.TEXT, target, message.text)
    options = {"body": body, "title": title, "body_format": target}
    [whole] = service._apply_overflow(**options, overflow=OverflowMode.UPSTREAM)
    [cut] = service._apply_overflow(**options, overflow=OverflowMode.TRUNCATE)
    assert cut == whole, "Apprise finds nothing to cut"
    lines = service.body_max_line_count
    assert not lines or message.text.count("\n") < lines
    assert len(whole["body"]) <= most
    assert LINK in message.text or most < len(LINK) + 40
    assert "invoices" in message.subject + message.text
    assert message.text == LONG or len(message.text) < len(LONG)


def test_an_alert_that_fits_stays_as_it_is() -> None:
    made = Apprise()
    made.add("json://localhost")

    message = fit(made[0], SUBJECT, LONG, SMS)

    assert (message.subject, message.text) == (SUBJECT, LONG)


def test_of_a_long_alert_the_beginning_and_the_links_stay() -> None:
    made = Apprise()
    made.add("discord://123456789012345678/abcdefghijklmnopqrstuvwxyz")

    message = fit(made[0], SUBJECT, LONG, SMS)

    assert message.text.startswith(
        "invoices is down: it failed with exit status 1 at 14:05.\n\nLast output:\nTraceback line 0"
    )
    assert message.text.endswith(f"\n{CUT}\nAcknowledge: {LINK}")
    assert 1_800 < len(message.text) <= 2_000 - len(SUBJECT)


def test_a_service_for_sms_gets_the_text_for_sms() -> None:
    made = Apprise()
    made.add(URLS["NotifyTwilio"])

    assert fit(made[0], SUBJECT, LONG, SMS).text == SMS
