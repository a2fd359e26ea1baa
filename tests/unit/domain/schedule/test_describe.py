"""Schedules in words, and what is odd about their next occurrences (docs/reference/rules.md, rule 17)."""

from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.domain.limits.steps import limited_to
from chalicelib.domain.schedule.describe import Occurrence, in_words, occurrences
from chalicelib.domain.schedule.occurrences import Cron, Every, OnCalendar, Schedule

TWICE = "Clocks go back at 03:00, so 02:00 comes twice."


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("* * * * *", "every minute"),
        ("*/10 * * * *", "every 10 minutes"),
        ("3-59/10 * * * *", "every 10 minutes from 00:03"),
        ("0 * * * *", "every hour"),
        ("5 * * * *", "every hour at :05"),
        ("0 */2 * * *", "every 2 hours"),
        ("*/7 * * * *", "every 7 minutes from :00 to :56 of every hour"),
        ("0 2 * * *", "every day at 02:00"),
        ("30 2,8,14,20 * * *", "every day at 02:30, 08:30, 14:30 and 20:30"),
        ("30 1 * * 1-5", "Monday to Friday at 01:30"),
        ("0 9 * * 6,7", "Saturday and Sunday at 09:00"),
        ("0 9 * * 0", "every Sunday at 09:00"),
        ("0 9 * * 1,3,5", "Monday, Wednesday and Friday at 09:00"),
        ("*/15 8-17 * * 1-5", "every 15 minutes from 08:00 to 17:45, Monday to Friday"),
        ("* 2 * * *", "every minute from 02:00 to 02:59"),
        ("0,20,50 8-17 * * *", "at :00, :20 and :50 of every hour from 08 to 17"),
        ("15 6 1 * *", "on the 1st of each month at 06:15"),
        ("15 6 2,3,11-13,22 * *", "on the 2nd, 3rd, 11th to 13th and 22nd of each month at 06:15"),
        ("0 0 L * *", "on the last day of each month at 00:00"),
        ("0 0 1 1 *", "on the 1st of January at 00:00"),
        ("0 0 1 */3 *", "on the 1st of January, April, July and October at 00:00"),
        ("0 0 * 3 *", "every day in March at 00:00"),
        ("0 0 * 3 1", "every Monday in March at 00:00"),
        ("0 0 * * 5L", "on the last Friday of each month at 00:00"),
        ("0 0 * 5 1#2", "on the 2nd Monday of May at 00:00"),
        ("0 0 1,15 * 5", "on the 1st and 15th of each month, and every Friday, at 00:00"),
        ("0 0 */15 * 1", "every Monday that is the 1st, 16th or 31st of the month at 00:00"),
        ("0 0 1-31 * 1", "every day at 00:00"),
        ("1,2,9,14,33,51,52,53 3,7 * * *", "at the times of “1,2,9,14,33,51,52,53 3,7 * * *”"),
    ],
)
def test_cron_reads_as_one_would_say_it(expression: str, words: str) -> None:
    assert in_words(Cron(expression, "Europe/Berlin")) == words


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("daily", "every day at 00:00"),
        ("Mon..Fri 02:30", "Monday to Friday at 02:30"),
        ("*:0/15", "every 15 minutes"),
        ("*-*-01 06:15", "on the 1st of each month at 06:15"),
        ("Sat *-*-1..7 18:00", "every Saturday that is the 1st to 7th of the month at 18:00"),
        ("Mon 02:30\r\nSat 12:00", "every Monday at 02:30; every Saturday at 12:00"),
        ("*-*~01 00:00", "at the times of “*-*~01 00:00”"),
        ("02:30:15", "at the times of “02:30:15”"),
        ("2020-01-01", "at the times of “2020-01-01”"),
        ("02:30 Europe/Riga", "at the times of “02:30 Europe/Riga”"),
    ],
)
def test_on_calendar_reads_as_one_would_say_it(expression: str, words: str) -> None:
    assert in_words(OnCalendar(expression)) == words


@pytest.mark.parametrize(
    ("period", "words"),
    [
        (timedelta(minutes=1), "every minute"),
        (timedelta(seconds=75), "every 1 min 15 s"),
        (timedelta(minutes=10), "every 10 minutes"),
        (timedelta(minutes=90), "every 90 minutes"),
        (timedelta(hours=1), "every hour"),
        (timedelta(minutes=150), "every 2 h 30 min"),
        (timedelta(hours=36), "every 36 hours"),
        (timedelta(days=1), "every day"),
        (timedelta(weeks=1), "every week"),
        (timedelta(days=14), "every 14 days"),
    ],
)
def test_a_period_reads_as_one_would_say_it(period: timedelta, words: str) -> None:
    assert in_words(Every(period)) == words


@pytest.mark.parametrize(
    ("schedule", "after", "expected"),
    [
        pytest.param(
            Cron("30 2 * * *", "Europe/Berlin"), "2026-10-24T05:12Z",
            [
                ("25 02:30", "Clocks go back at 03:00, so 02:30 comes twice. Expected once, at the first."),
                ("26 02:30", "25 h after the one before, not 24."),
                ("27 02:30", None),
            ],
            id="a fixed time in a repeated hour",
        ),
        pytest.param(
            Cron("30 2,8,14,20 * * *", "Europe/Berlin"), "2026-10-25T00:00Z",
            [
                ("25 02:30", "Clocks go back at 03:00, so 02:30 comes twice. Expected once, at the first."),
                ("25 08:30", "7 h after the one before, not 6."),
                ("25 14:30", None),
            ],
            id="the interval after a repeated hour",
        ),
        pytest.param(
            Cron("0 * * * *", "Europe/Berlin"), "2026-10-24T23:30Z",
            [
                ("25 02:00", f"{TWICE} Expected both times; this is the first."),
                ("25 02:00", f"{TWICE} Expected both times; this is the second."),
                ("25 03:00", None),
            ],
            id="what follows the clock in a repeated hour",
        ),
        pytest.param(
            Cron("30 2 * * *", "Europe/Berlin"), "2026-03-28T00:12Z",
            [
                ("28 02:30", None),
                ("29 03:00", "Clocks go forward from 02:00 to 03:00, so there is no 02:30. Expected at 03:00."),
                ("30 02:30", None),
            ],
            id="moved out of a gap",
        ),
        pytest.param(
            Cron("0 0 * * *", "America/Havana"), "2026-03-08T00:00Z",
            [("08 01:00", "Clocks go forward from 00:00 to 01:00, so there is no 00:00. Expected at 01:00.")],
            id="moved out of a gap at midnight",
        ),
        pytest.param(
            Cron("0 * * * *", "Europe/Berlin"), "2026-03-28T23:12Z",
            [("29 01:00", None), ("29 03:00", None), ("29 04:00", None)],
            id="every hour, over a gap: an hour apart as ever",
        ),
        pytest.param(
            Cron("0 */6 * * *", "Europe/Berlin"), "2026-03-28T20:00Z",
            [("29 00:00", None), ("29 06:00", "5 h after the one before, not 6."), ("29 12:00", None)],
            id="every 6 hours, over a gap",
        ),
        pytest.param(
            Cron("45 1 * * *", "Australia/Lord_Howe"), "2026-04-04T00:00Z",
            [
                ("05 01:45", "Clocks go back at 02:00, so 01:45 comes twice. Expected once, at the first."),
                ("06 01:45", "24 h 30 min after the one before, not 24 h."),
            ],
            id="half an hour back",
        ),
        pytest.param(
            OnCalendar("02:30", "Europe/Berlin"), "2026-03-27T12:00Z",
            [("28 02:30", None), ("30 02:30", "47 h after the one before, not 24.")],
            id="OnCalendar leaves out what falls into a gap",
        ),
        pytest.param(
            OnCalendar("*:0/30", "Europe/Berlin"), "2026-10-25T00:15Z",
            [
                ("25 02:30", "Clocks go back at 03:00, so 02:30 comes twice. Expected once, at the first."),
                ("25 03:00", "1 h 30 min after the one before, not 30 min."),
                ("25 03:30", None),
            ],
            id="OnCalendar leaves out the second pass",
        ),
        pytest.param(
            OnCalendar("06:00 UTC", "Europe/Berlin"), "2026-10-24T00:00Z",
            [("24 08:00", None), ("25 07:00", None)],
            id="a line in a zone of its own knows no change of ours",
        ),
    ],
)  # fmt: skip
def test_an_odd_occurrence_says_what_is_odd(
    schedule: Schedule, after: str, expected: list[tuple[str, str | None]]
) -> None:
    found = occurrences(schedule, after=utc(after), count=len(expected))
    assert [(each.local.strftime("%d %H:%M"), each.oddity) for each in found] == expected


def test_an_occurrence_is_one_instant_told_twice() -> None:
    [found] = occurrences(Cron("0 2 * * *", "Asia/Kolkata"), after=utc("2026-01-01T00:00Z"), count=1)
    assert (found.at, found.at.tzinfo, found.local.isoformat()) == (
        utc("2026-01-01T20:30Z"),
        UTC,
        "2026-01-02T02:00:00+05:30",
    )


def test_a_period_has_occurrences_in_utc() -> None:
    at = utc("2026-03-29T00:12Z")
    assert occurrences(Every(timedelta(hours=1)), after=at, count=2) == (
        Occurrence(utc("2026-03-29T01:12Z"), utc("2026-03-29T01:12Z"), None),
        Occurrence(utc("2026-03-29T02:12Z"), utc("2026-03-29T02:12Z"), None),
    )


def test_a_schedule_that_is_over_has_fewer_occurrences_than_asked_for() -> None:
    assert len(occurrences(OnCalendar("2026-01-30/1"), after=utc("2026-01-30T12:00Z"), count=5)) == 1
    assert occurrences(OnCalendar("2020-01-01"), after=utc("2026-01-01T00:00Z"), count=5) == ()


def test_a_line_in_its_own_zone_is_marked_by_the_clocks_of_that_zone() -> None:
    schedule = OnCalendar("02:30 America/New_York", "Europe/Berlin")
    found = occurrences(schedule, after=utc("2026-10-24T12:00Z"), count=9)
    odd = [(f"{each.local:%d %H:%M}", each.oddity) for each in found if each.oddity]
    assert odd == [("01 08:30", "25 h after the one before, not 24.")]


def test_a_repeated_hour_elsewhere_is_marked_with_its_zone() -> None:
    found = occurrences(OnCalendar("01:30 America/New_York", "UTC"), after=utc("2026-10-31T12:00Z"), count=1)
    twice = "Clocks in America/New_York go back at 02:00, so 01:30 comes twice."
    assert [each.oddity for each in found] == [f"{twice} Expected once, at the first."]


def test_each_line_of_on_calendar_is_marked_by_its_own_clocks() -> None:
    schedule = OnCalendar("02:30\n12:00 Asia/Tokyo", "Europe/Berlin")
    found = occurrences(schedule, after=utc("2026-10-24T12:00Z"), count=2)
    twice = "Clocks go back at 03:00, so 02:30 comes twice. Expected once, at the first."
    assert [each.oddity for each in found] == [twice, None]


def test_the_second_pass_is_marked_as_such() -> None:
    [first] = occurrences(OnCalendar("*:0/20", "Europe/Berlin"), after=utc("2026-10-25T01:00Z"), count=1)
    assert first.local.isoformat() == "2026-10-25T02:20:00+01:00"
    assert first.oddity == (
        "Clocks go back at 03:00, so 02:20 comes twice. "
        "This is the second: as in systemd, it counts after a success in the second pass."
    )


def test_the_usual_interval_of_every_second_is_found_in_few_steps() -> None:
    with limited_to(200):
        [first] = occurrences(OnCalendar("*:*:*", "Europe/Berlin"), after=utc("2026-10-25T00:59:59Z"), count=1)
    assert first.local.isoformat() == "2026-10-25T03:00:00+01:00"
