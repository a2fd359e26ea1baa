import re
from datetime import UTC, datetime
from html import unescape

import pytest

from chalicelib.domain.alerts import Kind
from overdue.local.inbox.inbox_page import Wish, shown
from overdue.local.inbox.layout import NavLink
from overdue.local.inbox.sns_message import ReceivedAlert

NOW = datetime(2026, 10, 24, 3, 12, 40, tzinfo=UTC)


def an_alert(sent_at: str, subject: str = "DOWN backup") -> ReceivedAlert:
    return ReceivedAlert(
        id=sent_at,
        kind=Kind.DOWN,
        sent_at=datetime.fromisoformat(sent_at),
        channels=("inbox",),
        subject=subject,
        text="",
        sms="",
        message={},
    )


def a_page(*sent_at: str, tz: str = "UTC", default_tz: str = "UTC", speed: float = 1) -> str:
    wish = Wish(kind=None, tz=tz, default_tz=default_tz, refreshes=True)
    nav = [NavLink("/", "Checks"), NavLink("/inbox", "Alerts")]
    answer = shown([an_alert(at) for at in sent_at], wish, now=NOW, speed=speed, nav=nav)
    return answer.get_data(as_text=True)


def texts(html: str, element: str) -> list[str]:
    return [unescape(text) for text in re.findall(f"<{element}[^>]*>(.*?)</{element}>", html)]


@pytest.mark.parametrize(
    ("sent_at", "tz", "verdict"),
    [
        ((), "UTC", "No alert would have gone out yet"),
        (("2026-10-24T03:00:01Z",), "UTC", "1 alert would have gone out today"),
        (("2026-10-24T03:00:01Z", "2026-10-24T00:00:00Z"), "UTC", "2 alerts would have gone out today"),
        (("2026-10-24T03:00:01Z", "2026-10-23T23:59:59Z"), "UTC", "2 alerts would have gone out since Fri 23 Oct"),
        (("2026-10-23T23:59:59Z",), "Europe/Berlin", "1 alert would have gone out today"),
        (("2026-10-24T03:00:01Z",), "America/Los_Angeles", "1 alert would have gone out today"),
    ],
)
def test_the_verdict_counts_alerts_since_the_first_days_in_the_readers_zone(
    sent_at: tuple[str, ...], tz: str, verdict: str
) -> None:
    assert texts(a_page(*sent_at, tz=tz), "h1") == [verdict]


def test_a_day_other_than_today_has_a_heading() -> None:
    page = a_page("2026-10-24T03:00:00Z", "2026-10-23T12:00:00Z", "2026-10-23T11:00:00Z", "2026-10-20T11:00:00Z")
    assert texts(page, "h2") == ["Fri 23 Oct", "Tue 20 Oct"]


@pytest.mark.parametrize(
    ("tz", "default_tz", "zones", "link"),
    [
        ("UTC", "UTC", "Times in UTC", None),
        ("Europe/Berlin", "UTC", "Times in Europe/Berlin", '<a href="/inbox">show UTC</a>'),
        ("Europe/Berlin", "Europe/Berlin", "Times in Europe/Berlin", '<a href="/inbox?tz=UTC">show UTC</a>'),
        ("UTC", "Europe/Berlin", "Times in UTC", '<a href="/inbox">show Europe/Berlin</a>'),
    ],
)
def test_the_footer_offers_the_other_zone(tz: str, default_tz: str, zones: str, link: str | None) -> None:
    footer = a_page(tz=tz, default_tz=default_tz).partition('<footer class="foot">')[2]
    assert zones in footer
    assert link is None or link in footer
    assert (link is None) == ("show" not in footer)


@pytest.mark.parametrize(
    ("speed", "words"),
    [
        (1, "Here is each alert as people would get it."),
        (60, "as people would get it; the service’s clock runs 60 times as fast."),
        (0.5, "as people would get it; the service’s clock runs 0.5 times as fast."),
    ],
)
def test_the_page_tells_how_fast_the_clock_runs_unless_it_is_everybodys(speed: float, words: str) -> None:
    assert words in a_page("2026-10-24T03:00:01Z", speed=speed)


def test_the_frame_has_the_links_it_is_given_and_marks_its_own() -> None:
    page = a_page()
    assert '<a href="/">Checks</a>' in page
    assert '<a href="/inbox" aria-current="page">Alerts</a>' in page
    assert '<a class="brand" href="/">' in page


def test_an_alert_keeps_its_place_for_the_script_when_another_comes() -> None:
    def ids(*sent_at: str) -> list[tuple[str, str]]:
        return re.findall(r'<details class="alert" id="([\w-]+)"([^>]*)>', a_page(*sent_at))

    [(first, opened)] = ids("2026-10-24T03:00:00Z")
    [(_, newest), (same, folded)] = ids("2026-10-24T03:05:00Z", "2026-10-24T03:00:00Z")
    assert same == first
    assert (opened, newest, folded) == (" open data-open", " open data-open", "")
