"""What may be probed, which statuses are good, and when a probe is due (docs/reference/rules.md, rule 20)."""

from dataclasses import replace
from datetime import datetime
from itertools import pairwise

import pytest

from chalicelib.domain.errors import BadInput
from chalicelib.domain.ids import Code
from chalicelib.domain.sources.probe import Probe, Target, default_grace, is_due, sound, statuses, target
from tests.builders import CODE, days, hours, minutes, seconds, utc

SHOP = Probe(url="https://shop.example.com/")


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://shop.example.com", Target("https", "shop.example.com", 443, "/")),
        ("HTTP://Shop.Example.com:8080/a?b=c#d", Target("http", "shop.example.com", 8080, "/a?b=c")),
        ("https://example.com/häuser?q=ü", Target("https", "example.com", 443, "/h%C3%A4user?q=%C3%BC")),
        ("https://example.com/a%20b", Target("https", "example.com", 443, "/a%20b")),
        ("https://bücher.example.com/", Target("https", "xn--bcher-kva.example.com", 443, "/")),
        ("http://[2606:4700::1111]:81/", Target("http", "2606:4700::1111", 81, "/")),
    ],
)
def test_a_url_is_taken_apart(url: str, found: Target) -> None:
    assert target(url) == found


@pytest.mark.parametrize(
    ("url", "authority"),
    [
        ("https://example.com/", "example.com"),
        ("https://example.com:443/", "example.com"),
        ("https://example.com:80/", "example.com:80"),
        ("http://[::1]:80/", "[::1]"),
        ("http://[::1]:8080/", "[::1]:8080"),
    ],
)
def test_the_host_is_asked_for_with_its_port_unless_that_goes_without_saying(url: str, authority: str) -> None:
    assert target(url).authority == authority


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("ftp://example.com/", 'url "ftp://example.com/": a probe asks http:// and https:// only'),
        ("file:///etc/passwd", 'url "file:///etc/passwd": a probe asks http:// and https:// only'),
        ("gopher://example.com:70/_x", "http:// and https:// only"),
        ("example.com", "http:// and https:// only"),
        ("https://", "names no host"),
        ("https:///path", "names no host"),
        ("https://user:secret@example.com/", "holds a user name or a password"),
        ("https://example.com@10.0.0.1/", "holds a user name or a password"),
        ("https://example.com:0/", "names no host"),
        ("https://example.com:99999/", "is not a URL"),
        ("https://exa mple.com/", "percent-encode"),
        ("https://example.com\\@10.0.0.1/", "percent-encode"),
        ("https://example.com/\r\nHost: inside", "percent-encode"),
        ("https://exa%6dple.com/", "names no host"),
        ("https://[::1/", "is not a URL"),
        (f"https://{'a' * 64}.example.com/", "is not a URL"),
        ("https://a..example.com/", "is not a URL"),
        (f"https://example.com/{'a' * 2000}", "has 2020 characters, 2000 are allowed"),
    ],
)
def test_a_url_that_no_probe_asks_is_refused(url: str, problem: str) -> None:
    with pytest.raises(BadInput) as refused:
        target(url)
    assert problem in str(refused.value)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "good", "bad"),
    [
        ("200", [200], [199, 201]),
        ("2xx", [200, 299], [199, 300]),
        ("200-204", [200, 204], [205]),
        ("200, 301-302 ,4xx", [200, 301, 302, 499], [201, 303, 500]),
    ],
)
def test_good_statuses_are_single_ones_classes_and_ranges(text: str, good: list[int], bad: list[int]) -> None:
    found = statuses(text)

    assert [status for status in good + bad if any(status in each for each in found)] == good


@pytest.mark.parametrize("text", ["", "ok", "600", "20", "2xx-3xx", "200,", "204-200", "20x"])
def test_statuses_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(BadInput, match="expect_status"):
        statuses(text)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"url": "ftp://example.com/"}, "http:// and https:// only"),
        ({"method": "TRACE"}, 'method "TRACE": use GET, HEAD, POST, OPTIONS'),
        ({"expect_status": "x"}, "expect_status"),
        ({"every": seconds(30)}, "every 30 s: a probe comes every whole minute"),
        ({"every": seconds(90)}, "every 90 s: a probe comes every whole minute"),
        ({"every": days(2)}, "every 172800 s"),
        ({"timeout": seconds(0.5)}, "timeout 0.5 s: a probe may take 1 to 20 s"),
        ({"timeout": seconds(21)}, "timeout 21 s"),
        ({"slow": seconds(10)}, "slow 10 s: it must be below the timeout, 10 s"),
        ({"slow": seconds(0)}, "slow 0 s"),
        ({"certificate_days": 366}, "certificate_days 366"),
        ({"expect_text": "x" * 501}, "expect_text has 501 characters"),
        ({"expect_text": "x", "method": "HEAD"}, "Use GET"),
        ({"headers": (("Bad name", "x"),)}, 'header "Bad name" is no name'),
        ({"headers": (("host", "inside"),)}, 'header "host" is set by the probe itself'),
        ({"headers": (("X-A", "a\r\nHost: inside"),)}, 'header "X-A": its value may hold printable ASCII only'),
        ({"headers": (("X-A", "a" * 2000),)}, "headers are longer than 2000 characters together"),
    ],
)
def test_a_probe_that_cannot_be_done_is_refused_with_the_value(change: dict[str, object], problem: str) -> None:
    with pytest.raises(BadInput) as refused:
        sound(replace(SHOP, **change))  # type: ignore[arg-type]  # that is what is tested
    assert problem in str(refused.value)


def test_a_probe_at_all_its_bounds_can_be_done() -> None:
    widest = replace(
        SHOP, every=days(1), timeout=seconds(20), slow=seconds(19.9), certificate_days=365, headers=(("X-Key", "k"),)
    )

    assert sound(widest) == widest


def test_the_default_grace_lets_a_single_probe_be_lost() -> None:
    assert default_grace(minutes(1)) == minutes(6)
    assert default_grace(hours(1)) == minutes(65)


LONG_AGO = utc("2026-01-01T00:00Z")


def slots(every_minutes: int, code: Code = CODE, *, made_at: datetime = LONG_AGO) -> list[int]:
    """The minutes after noon, up to 23:59, in whose round a probe is due."""
    noon = utc("2026-03-01T12:00:17Z")
    return [
        minute
        for minute in range(12 * 60)
        if is_due(
            code,
            minutes(every_minutes),
            made_at=made_at,
            after=noon + minutes(minute - 1),
            until=noon + minutes(minute),
        )
    ]


def test_a_probe_of_every_minute_is_due_in_each_round() -> None:
    assert slots(1) == list(range(720))


def test_a_probe_of_every_five_minutes_is_due_in_each_fifth_round() -> None:
    found = slots(5)

    assert [later - earlier for earlier, later in pairwise(found)] == [5] * 143


def test_probes_of_the_same_period_are_spread_over_it() -> None:
    first_slots = {slots(60, Code(f"{number * 60:08x}{CODE[8:]}"))[0] for number in range(60)}

    assert len(first_slots) == 60


def test_a_probe_that_has_just_been_made_is_due_at_once_and_then_in_its_turn() -> None:
    [regular, *_] = slots(240)
    made_in = (regular + 100) % 240

    found = slots(240, made_at=utc("2026-03-01T12:00:00Z") + minutes(made_in))

    assert found == sorted({made_in, regular, regular + 240, regular + 480})


def test_a_round_after_an_outage_asks_once_what_has_come_due_several_times() -> None:
    noon = utc("2026-03-01T12:00:17Z")

    assert is_due(CODE, minutes(5), made_at=LONG_AGO, after=noon - hours(8), until=noon)
    assert not is_due(CODE, minutes(5), made_at=LONG_AGO, after=noon, until=noon)
