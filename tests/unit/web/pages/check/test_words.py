"""What a check's page says: verdict, configuration, what comes next, who was told.

The night is that of `tests/browser/story.py`.
"""

from collections import Counter
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from chalicelib.domain.alerts import Alert, Facts, Kind, Reason, Told
from chalicelib.domain.channels import Channel
from chalicelib.domain.check import Check, Flip, Run, Status
from chalicelib.domain.config import NO_FILTERS, Group, Step
from chalicelib.domain.ping import Ping, Signal
from chalicelib.domain.schedule.occurrences import AnyOf, Cron, Every, OnCalendar
from chalicelib.domain.sources.probe import Probe
from chalicelib.domain.text.time_format import WallClock
from chalicelib.store.history import StoredFlip, StoredPing
from chalicelib.web.pages.check.actions import snooze_choices
from chalicelib.web.pages.check.configuration import Seen, in_words_of, linked
from chalicelib.web.pages.check.headline import verdict
from chalicelib.web.pages.check.next_times import upcoming
from chalicelib.web.pages.check.notifications import told
from chalicelib.web.pages.check.queries import Cursor, Past
from chalicelib.web.pages.check.status_changes import months
from chalicelib.web.pages.overview.headline import Phrase
from chalicelib.web.pages.overview.position import standing
from tests.browser import story
from tests.browser.story import at, cron
from tests.builders import CODE, a_check, days, hours, minutes, seconds, utc

CLOCK = WallClock(tz=story.ZONE, now=story.NOW)
NIGHT = {check.config.name: check for check in story.night()}
NOTHING = Past(pings=(), flips=(), open=(), runs=(), has_more=False)
ALARM = Past(
    pings=(StoredPing(1, Ping(at=at("04:40"), signal=Signal.FAIL, scheme="cloudwatch"), Signal.FAIL, None),),
    flips=(),
    open=(),
    runs=(),
    has_more=False,
)


def told_of(check: Check, past: Past = NOTHING, remedy: str = "") -> list[str]:
    """State, lead, then the facts."""
    each = standing(check, Counter({check.config.slug: 1}), now=CLOCK.now)
    found = verdict(each, past, CLOCK, names_channels=True, remedy=remedy)
    return [found.said, found.lead, *(f"{fact.text} {fact.output}".rstrip() for fact in found.facts)]


@pytest.mark.parametrize(
    ("name", "said", "lead"),
    [
        (
            "postgres-backup",
            "is down: missed",
            "No success arrived by 02:30. It was expected at 02:00, with 30 min of grace. No start arrived either.",
        ),
        (
            "invoice-mailer",
            "is down: failed",
            "Exit status 75 at 04:40:00, after 7.3 s (usually 7.3 to 8.6 s). This is the 3rd failure in a row.",
        ),
        (
            "ledger-export",
            "is down: too short",
            "The run succeeded after 1.8 s, but needs at least 40 s. It usually takes 1 min 9 s to 1 min 21 s.",
        ),
        (
            "thumbnail-sweeper",
            "is late",
            "A success was expected at 05:05, 7 min ago. The check goes down at 05:20 unless one arrives.",
        ),
        (
            "warehouse-sync",
            "is running",
            "It has been running for 12 min. It usually takes 22 to 26 min; its limit is 1 h.",
        ),
        (
            "dns-zone-sync",
            "is up",
            "Last success 2 min ago, after 2.7 s (usually 2.7 to 3.2 s). Next expected in 2 min.",
        ),
        (
            "legacy-ftp-import",
            "is paused",
            "It has been paused since Mon 12 Oct 16:20: no ping is expected. A ping resumes it.",
        ),
        ("gdpr-purge", "is new", "It has never been pinged. Nothing is expected before the first ping."),
    ],
)
def test_a_page_begins_with_what_is_the_matter(name: str, said: str, lead: str) -> None:
    assert told_of(NIGHT[name])[:2] == [said, lead]


def changed(name: str, **changes: Any) -> Check:
    check = NIGHT[name]
    config = {key: changes.pop(key) for key in tuple(changes) if key in type(check.config).__dataclass_fields__}
    return replace(check, config=replace(check.config, **config), **changes)


PROBE = Probe(url="https://api.example.com/health")


@pytest.mark.parametrize(
    ("check", "past", "expected"),
    [
        pytest.param(
            changed("thumbnail-sweeper", grace=minutes(5), blind_since=at("05:00")),
            NOTHING,
            "Overdue evaluates it 5 min after pings can come in again.",
            id="unknown says why, and until when",
        ),
        pytest.param(
            changed("invoice-mailer", snoozed_until=at("09:00")),
            NOTHING,
            "Snoozed until 09:00: no alert goes out before then.",
            id="snoozed",
        ),
        pytest.param(
            changed("invoice-mailer", throttled_since=at("04:00"), throttled_at=at("04:07")),
            NOTHING,
            "Throttled from 04:00 to 04:07: pings over the limit per minute were refused",
            id="throttled",
        ),
        pytest.param(
            changed("invoice-mailer", acknowledged_at=at("05:02"), acknowledged_by="the dashboard"),
            NOTHING,
            "Down since 04:40. Acknowledged 10 min ago by the dashboard.",
            id="acknowledged: no reminder comes",
        ),
        pytest.param(
            changed("legacy-ftp-import", manual_resume=True),
            NOTHING,
            "no ping is expected. Pings do not resume it.",
            id="paused until somebody resumes it",
        ),
        pytest.param(
            changed(
                "invoice-mailer",
                group=Group(tag="web", down_when=2),
                last_output="2 of 5 members are down: web-1, web-2",
                failures=0,
            ),
            NOTHING,
            (
                "2 of 5 members are down: web-1, web-2. The group is down when 2 of them are. "
                "Look first at the members: the page of each one says why it is down."
            ),
            id="a group tells which members are down",
        ),
        pytest.param(
            changed("dns-zone-sync", group=Group(tag="web")),
            NOTHING,
            "Its members are up, or too few of them are down.",
            id="a group that is up",
        ),
        pytest.param(
            changed("legacy-ftp-import", probe=PROBE),
            NOTHING,
            "Overdue makes no probes until somebody resumes it.",
            id="a paused probe is not made",
        ),
        pytest.param(
            changed("gdpr-purge", probe=PROBE),
            NOTHING,
            "No probe has been made yet. The first one follows within a minute.",
            id="a new probe",
        ),
        pytest.param(
            changed("gdpr-purge", first_ping_by=utc("2026-10-24T07:00Z")),
            NOTHING,
            "It goes down at 09:00 unless a success has arrived.",
            id="new, awaited",
        ),
        pytest.param(
            changed("invoice-mailer", probe=PROBE, last_exit=None),
            NOTHING,
            (
                "The probe at 04:40:00 got no good answer, after 7.3 s (usually 7.3 to 8.6 s). "
                "This is the 3rd failure in a row."
            ),
            id="a probe has no exit status",
        ),
        pytest.param(
            changed("postgres-backup", probe=PROBE),
            NOTHING,
            "Look first at Overdue itself: its prober made no probe.",
            id="a probe that was not made points at Overdue",
        ),
        pytest.param(
            changed("invoice-mailer", last_exit=None, failures=1),
            ALARM,
            "The CloudWatch alarm went off at 04:40:00. What the alarm says:",
            id="an alarm",
        ),
        pytest.param(
            changed("orders-consumer", min_count=500),
            NOTHING,
            "0 items since 05:00, of at least 500 by 05:30.",
            id="how the present window stands",
        ),
        pytest.param(
            changed("dns-zone-sync", windows=("2026-10-24T05:00 to 2026-10-24T06:00",)),
            NOTHING,
            "Maintenance until 06:00: nothing is expected before that.",
            id="maintenance",
        ),
        pytest.param(
            changed("dns-zone-sync", windows=("0 * * * * for 59m", "1 * * * * for 59m")),
            NOTHING,
            "Windows beyond the limit are ignored, so that a dead job is still reported.",
            id="windows that were stored before they were refused",
        ),
        pytest.param(
            changed("search-reindex"),
            NOTHING,
            "A second run started at 04:58 and is open, too. Its success will not hide the first one.",
            id="a second open run",
        ),
        pytest.param(
            changed("search-reindex"),
            NOTHING,
            "Its last output: shard 7/12: waiting for lock index_writer, held by pid 4121",
            id="the last word of the run that is stuck",
        ),
    ],
)
def test_what_else_is_to_be_known_is_said(check: Check, past: Past, expected: str) -> None:
    assert expected in " ".join(told_of(check, past))


def test_a_recovery_is_told_for_a_day() -> None:
    down = Flip(number=3, at=at("03:58"), old=Status.UP, new=Status.DOWN, reason=Reason.FAILED)
    up = Flip(number=4, at=at("04:36"), old=Status.DOWN, new=Status.UP, reason=None)
    past = replace(NOTHING, flips=(StoredFlip(up, ()), StoredFlip(down, ())))
    assert "Up again since 04:36, was down for 38 min (failed)." in told_of(NIGHT["fx-rates"], past)
    assert "Up again" not in " ".join(told_of(NIGHT["fx-rates"]))


CHANNELS = [
    Channel(id=name, name=name, kind="email", target="", subscription="") for name in ("ops-email", "oncall-sms")
]


PARENTS = [Phrase("web-1", href="/checks/web-1"), Phrase("web-2", href="/checks/web-2")]


def words(may_write: bool = True, **config: Any) -> dict[str, str]:
    check = a_check(**config)
    given = in_words_of(
        Seen(check=check, channels=CHANNELS, clock=CLOCK, parents=PARENTS, members=PARENTS, may_write=may_write)
    )
    return {
        each.term: "".join(part.text for part in each.said) + "".join(f" {code}" for code in each.codes)
        for each in given
    }


@pytest.mark.parametrize(
    ("config", "term", "expected"),
    [
        ({"schedule": Every(days(1))}, "Schedule", "Every day, counted from the last success"),
        (
            {"schedule": cron("30 2,8 * * *"), "tz": story.ZONE},
            "Schedule",
            "Every day at 02:30 and 08:30, in Europe/Berlin 30 2,8 * * *",
        ),
        ({"depends_on": ()}, "Depends on", "web-1, web-2: while one of them is down, its own alerts wait"),
        ({"group": Group(members=(CODE,), down_when=2)}, "Members", "web-1, web-2"),
        ({"group": Group(tag="web")}, "Members", "all checks with the tag web"),
        ({"group": Group(tag="web")}, "Down when", "all of them are; one that is paused does not count"),
        ({"max_runtime": minutes(90), "min_runtime": minutes(5)}, "A run may take", "from 5 min to 1 h 30 min"),
        ({"max_runtime": minutes(90)}, "A run may take", "up to 1 h 30 min"),
        ({"min_runtime": seconds(40)}, "A run must take", "40 s at least"),
        ({}, "Alert", "after 1 failure or 1 miss, to all channels (ops-email, oncall-sms)"),
        ({"may_write": False}, "Alert", "after 1 failure or 1 miss, to all channels"),
        ({"channels": ("ops-email", "gone"), "may_write": False}, "Alert", "after 1 failure or 1 miss, to 1 channel"),
        ({"channels": ()}, "Alert", "after 1 failure or 1 miss, to nobody"),
        (
            {
                "failures_before_alert": 3,
                "misses_before_alert": 2,
                "remind_every": hours(4),
                "channels": ("ops-email",),
                "escalation": (Step(after=minutes(30), channels=("oncall-sms",)),),
            },
            "Alert",
            (
                "after 3 failures or 2 misses, again every 4 h while down, to ops-email; "
                "30 min later, unless acknowledged, to oncall-sms"
            ),
        ),
        (
            {"windows": ("0 3 * * 0 for 2h",), "tz": story.ZONE},
            "Maintenance",
            "Every Sunday at 03:00 for 2 h: nothing is expected then",
        ),
        (
            {"filters": replace(NO_FILTERS, http_body=True, failure_kw="ERROR", success_kw="OK")},
            "Bodies",
            "“OK” is a success; “ERROR” is a failure; anything else is ignored",
        ),
        ({"min_count": 500, "count_window": minutes(30)}, "It must do", "500 items in each 30 min"),
        (
            {"probe": replace(PROBE, expect_text="ok", slow=seconds(2)), "schedule": Every(minutes(1))},
            "A good answer",
            "status 200, within 2 s, with “ok” in its text, a certificate that is good for 14 days more",
        ),
        (
            {"learns_max_runtime": True},
            "A run may take",
            "as long as the grace, until enough runs tell how long it usually takes",
        ),
    ],
)
def test_a_configuration_is_said_in_words(config: dict[str, Any], term: str, expected: str) -> None:
    assert words(**config)[term] == expected


def test_a_note_leads_where_it_says_and_nowhere_else() -> None:
    parts = list(linked("Runbook: https://wiki.example.com/a?b=1&c=2). Not javascript:alert(1), not ftp://x"))
    assert [(part.text, part.href) for part in parts] == [
        ("Runbook: ", ""),
        ("wiki.example.com/a?b=1&c=2", "https://wiki.example.com/a?b=1&c=2"),
        ("). Not javascript:alert(1), not ftp://x", ""),
    ]


def coming(check: Check, tz: str = story.ZONE, now: datetime = story.NOW) -> list[str]:
    found = upcoming(check, WallClock(tz=tz, now=now))
    return (
        [found.words] if found.words else [f"{each.day} {each.time} | {each.there} | {each.odd}" for each in found.list]
    )


def test_what_comes_more_than_once_a_minute_is_told_to_the_second() -> None:
    check = a_check(schedule=OnCalendar("*-*-* *:*:0/20"), tz="UTC")
    assert coming(check, "UTC")[:2] == ["Today 03:13:00 |  | ", "Today 03:13:20 |  | "]


def test_the_next_five_stand_in_both_zones_with_their_oddities() -> None:
    assert coming(NIGHT["search-reindex"]) == [
        "Today 08:30 | 06:30 UTC | ",
        "Today 14:30 | 12:30 UTC | ",
        "Today 20:30 | 18:30 UTC | ",
        "Tomorrow 02:30 CEST | 00:30 UTC | Clocks go back at 03:00, so 02:30 comes twice. Expected once, at the first.",
        "Tomorrow 08:30 | 07:30 UTC | 7 h after the one before, not 6.",
    ]
    assert coming(NIGHT["search-reindex"], "Asia/Tokyo")[2] == "Today 20:30 | 03:30 Asia/Tokyo the day after | "


@pytest.mark.parametrize(
    ("check", "expected"),
    [
        (NIGHT["legacy-ftp-import"], ["Nothing: it is paused."]),
        (
            a_check(period=hours(1)),
            ["Nothing yet: the first success starts the clock; from then on one is expected every hour."],
        ),
        (
            NIGHT["invoice-mailer"],
            ["Nothing yet: the next success starts the clock; from then on one is expected every hour."],
        ),
        (
            NIGHT["orders-consumer"],
            ["Nothing yet: a window with enough items brings it up; from then on one is expected every minute."],
        ),
    ],
)
def test_where_nothing_is_expected_the_page_says_why(check: Check, expected: list[str]) -> None:
    assert coming(check) == expected


def test_what_is_late_comes_first_and_the_next_count_from_now() -> None:
    assert coming(NIGHT["thumbnail-sweeper"])[:2] == [
        "Today 05:05 | 03:05 UTC | This one is late.",
        "Today 05:27 | 03:27 UTC | ",
    ]


def test_what_maintenance_hides_is_left_out_and_told() -> None:
    check = a_check(
        schedule=cron("0 * * * *"),
        tz=story.ZONE,
        windows=("2026-10-24T05:30 to 2026-10-24T07:30",),
        last_success=at("05:00"),
    )
    assert coming(check)[:2] == [
        "Today 08:00 | 06:00 UTC | 2 occurrences before it fall into maintenance.",
        "Today 09:00 | 07:00 UTC | ",
    ]


def test_who_was_told_is_told_by_name_only_to_who_may_write() -> None:
    flip = Flip(number=1, at=at("04:00"), old=Status.UP, new=Status.DOWN, reason=Reason.OVERRUN)
    sent = (
        Told(id="a", kind=Kind.DOWN, to=("ops-email", "oncall-sms"), at=at("04:00:01")),
        Told(id="b", kind=Kind.REMINDER, to=("ops-email",), at=at("05:00")),
        Told(id="b", kind=Kind.REMINDER, to=("ops-email",), at=at("05:00:01")),
    )
    stored = StoredFlip(flip, sent)
    assert told(a_check(), stored, names_channels=True) == "ops-email, oncall-sms · 1 s later · 1 reminder"
    assert told(a_check(), stored, names_channels=False) == "2 channels · 1 s later · 1 reminder"


def test_without_a_channel_nobody_was_told() -> None:
    flip = Flip(number=3, at=at("04:40"), old=Status.UP, new=Status.DOWN, reason=Reason.FAILED)
    stored = StoredFlip(flip, (Told(id="a", kind=Kind.DOWN, to=(), at=at("04:40:00")),))
    for names_channels in (True, False):
        assert told(a_check(), stored, names_channels=names_channels) == "nobody: it had no channel"
    check = replace(NIGHT["invoice-mailer"], n_flips=3)
    facts = told_of(check, replace(NOTHING, flips=(stored,)), remedy="Choose one by Edit.")
    assert "Nobody was notified: the check had no channel. Choose one by Edit. Nobody has acknowledged it." in facts[-1]


def test_what_waits_in_the_check_is_not_told_yet() -> None:
    flip = Flip(number=2, at=at("04:00"), old=Status.UP, new=Status.DOWN, reason=Reason.FAILED)
    alert = Alert(
        id="a",
        kind=Kind.DOWN,
        reason=Reason.FAILED,
        flip=2,
        ordinal=0,
        at=flip.at,
        facts=Facts(since=flip.at),
        retry_at=at("09:00"),
    )
    assert told(a_check(alerts=(alert,)), StoredFlip(flip, ()), names_channels=True) == "not notified yet"
    assert told(a_check(), StoredFlip(flip, ()), names_channels=True) == "nobody"
    begun = replace(flip, old=Status.NEW, new=Status.UP, reason=None)
    assert told(a_check(), StoredFlip(begun, ()), names_channels=True) == ""


def test_months_are_the_readers_and_only_those_that_are_known_as_a_whole() -> None:
    down = Flip(number=1, at=utc("2026-09-30T21:00Z"), old=Status.UP, new=Status.DOWN, reason=Reason.MISSED)
    up = Flip(number=2, at=utc("2026-09-30T22:30Z"), old=Status.DOWN, new=Status.UP, reason=None)
    past = replace(NOTHING, flips=(StoredFlip(up, ()), StoredFlip(down, ())))
    check = replace(NIGHT["dns-zone-sync"], n_flips=2)
    found = [(each.name, each.down_for, each.times) for each in months(check, past, CLOCK, history_days=90)]
    assert found == [("October, so far", "30 min", 1), ("September", "1 h", 1), ("August", "none", 0)]
    young = replace(check, created_at=utc("2026-10-20T00:00Z"))
    assert [each.name for each in months(young, past, CLOCK, history_days=90)] == ["October, so far"]


@pytest.mark.parametrize("text", ["", "7", "7-", "-7", "7-x", "x-7", "1234567890123-1", "1-123456789012345"])
def test_what_is_no_cursor_begins_at_the_newest(text: str) -> None:
    assert Cursor.read(text) is None


def test_a_cursor_is_read_as_it_was_written() -> None:
    cursor = Cursor(1377, utc("2026-10-24T00:00:00.123Z"))
    assert Cursor.read(str(cursor)) == cursor


def test_a_schedule_of_several_lines_is_said_line_by_line() -> None:
    schedule = AnyOf((Cron("0 2 * * *"), Cron("0 14 * * 1")))
    assert words(schedule=schedule)["Schedule"].startswith(
        "Every day at 02:00; every Monday at 14:00, in UTC 0 2 * * *"
    )


def test_the_stuck_run_is_measured_up_to_now() -> None:
    stuck = changed("search-reindex", runs=(Run(rid="", at=at("02:30"), overran=True),))
    assert "has been running for 2 h 42 min, beyond its limit of 1 h 30 min" in told_of(stuck)[1]


def test_of_a_check_that_flaps_only_what_was_read_counts() -> None:
    flips = tuple(
        StoredFlip(
            Flip(
                number=number, at=at("05:00") - hours(3 * (300 - number)), old=Status.UP, new=Status.DOWN, reason=None
            ),
            (),
        )
        for number in range(300, 0, -1)
    )
    found = months(NIGHT["dns-zone-sync"], replace(NOTHING, flips=flips), CLOCK, history_days=90)
    assert [each.name for each in found] == ["October, so far"]


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (
            "2026-10-24T03:12Z",
            {
                "Snooze until 09:00": "2026-10-24T09:00:00+02:00",
                "Snooze until Mon 26 Oct 09:00": "2026-10-26T09:00:00+01:00",
            },
        ),
        ("2026-10-25T08:00Z", {"Snooze until tomorrow 09:00": "2026-10-26T09:00:00+01:00"}),
        (
            "2026-10-26T03:00Z",
            {
                "Snooze until 09:00": "2026-10-26T09:00:00+01:00",
                "Snooze until Mon 2 Nov 09:00": "2026-11-02T09:00:00+01:00",
            },
        ),
    ],
)
def test_a_snooze_can_last_until_the_readers_morning(now: str, expected: dict[str, str]) -> None:
    found = snooze_choices(WallClock(tz=story.ZONE, now=utc(now)))
    assert {each.label: each.value for each in found if "until" in each.label} == expected
