"""docs/reference/rules.md, rule 17: why a check is down, and where to look first."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.alerts import Facts, Reason
from chalicelib.domain.text.reasons import counted, happened, items, look_first, ordinal, recovery, spoken, why
from chalicelib.domain.text.time_format import WallClock

NOW = datetime(2026, 10, 24, 3, 12, 40, tzinfo=UTC)  # 05:12:40 in Berlin
CLOCK = WallClock(tz="Europe/Berlin", now=NOW)


def berlin(time: str) -> datetime:
    return datetime.fromisoformat(f"2026-10-24T{time}+02:00").astimezone(UTC)


SINCE = Facts(since=berlin("02:30:00"))
MISSED = replace(SINCE, expected=berlin("02:00:00"), limit=timedelta(minutes=30))
OVERRUN = Facts(
    since=berlin("04:00:04"),
    started=berlin("02:30:04"),
    run="3f2a9c04",
    took=timedelta(minutes=90),
    limit=timedelta(minutes=90),
    usual=(timedelta(minutes=46), timedelta(minutes=58)),
)
FAILED = Facts(
    since=berlin("04:40:09"),
    exit_status=75,
    in_a_row=3,
    took=timedelta(seconds=9),
    usual=(timedelta(seconds=29), timedelta(seconds=47)),
)
TOO_SHORT = Facts(
    since=berlin("05:00:48"),
    took=timedelta(seconds=1.8),
    limit=timedelta(seconds=40),
    in_a_row=1,
    usual=(timedelta(seconds=66), timedelta(seconds=86)),
)
STALLED = Facts(
    since=berlin("05:00:00"),
    count=0,
    min_count=500,
    window=(berlin("04:30:00"), berlin("05:00:00")),
    last_ping=berlin("04:59:41"),
)


@pytest.mark.parametrize(
    ("number", "said"),
    [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (12, "12th"), (13, "13th"), (21, "21st"),
     (111, "111th"), (102, "102nd")],
)  # fmt: skip
def test_an_ordinal(number: int, said: str) -> None:
    assert ordinal(number) == said


def test_a_count_has_its_noun_and_separates_thousands() -> None:
    assert [counted(number, "item") for number in (0, 1, 1130)] == ["0 items", "1 item", "1,130 items"]


def test_a_reason_is_spoken_in_words() -> None:
    assert [spoken(reason) for reason in Reason] == ["missed", "overrun", "failed", "too short", "stalled"]


@pytest.mark.parametrize(
    ("reason", "facts", "said"),
    [
        (Reason.MISSED, MISSED, "missed, expected 02:00"),
        (Reason.STALLED, STALLED, "stalled, 0 of 500 items"),
        (Reason.FAILED, FAILED, "failed, exit status 75, 3rd in a row"),
        (Reason.FAILED, replace(FAILED, exit_status=0, in_a_row=1), "failed"),
        (Reason.OVERRUN, OVERRUN, "overrun, running for 1 h 30 min"),
        (Reason.TOO_SHORT, TOO_SHORT, "too short, 1.8 s"),
        (Reason.TOO_SHORT, replace(TOO_SHORT, took=timedelta()), "too short, 0 s"),
    ],
)
def test_what_happened_is_one_line(reason: Reason, facts: Facts, said: str) -> None:
    assert ", ".join(happened(reason, facts, CLOCK)) == said


@pytest.mark.parametrize(
    ("count", "least", "said"),
    [(0, 500, "0 of 500 items"), (0, 1, "0 of 1 item"), (1, None, "1 item"), (None, 500, None)],
)
def test_items_are_counted_against_what_is_expected(count: int | None, least: int | None, said: str | None) -> None:
    assert items(replace(SINCE, count=count, min_count=least)) == said


@pytest.mark.parametrize(
    ("reason", "facts", "said"),
    [
        pytest.param(
            Reason.MISSED,
            MISSED,
            "Nothing came by 02:30. It was expected at 02:00 and had 30 min of grace. No start came either.",
            id="missed, and never started",
        ),
        pytest.param(
            Reason.MISSED,
            replace(MISSED, started=berlin("02:00:03"), run=""),
            "It started at 02:00:03, but no success came by 02:30. It was expected at 02:00 and had 30 min of grace.",
            id="missed though it started",
        ),
        pytest.param(Reason.MISSED, SINCE, "Nothing came by 02:30. No start came either.", id="missed, no more known"),
        pytest.param(
            Reason.OVERRUN,
            OVERRUN,
            "The run that started at 02:30 has been running for 1 h 30 min, its limit. It usually takes 46 to 58 min.",
            id="overrun at its limit",
        ),
        pytest.param(
            Reason.OVERRUN,
            replace(OVERRUN, took=timedelta(minutes=162), usual=None),
            "The run that started at 02:30 has been running for 2 h 42 min, beyond its limit of 1 h 30 min. "
            "How long it usually takes is not known yet.",
            id="overrun, long after its limit",
        ),
        pytest.param(
            Reason.OVERRUN,
            SINCE,
            "A run has been running for longer than its limit. How long it usually takes is not known yet.",
            id="overrun, no more known",
        ),
        pytest.param(
            Reason.FAILED, FAILED, "Exit status 75 at 04:40:09, after 9 s (usually 29 to 47 s).", id="exit status"
        ),
        pytest.param(
            Reason.FAILED,
            replace(FAILED, exit_status=None, usual=None),
            "It reported a failure at 04:40:09, after 9 s (usual not known yet).",
            id="failed without an exit status",
        ),
        pytest.param(Reason.FAILED, SINCE, "It reported a failure at 02:30:00.", id="failed, no more known"),
        pytest.param(
            Reason.TOO_SHORT,
            TOO_SHORT,
            "It succeeded after 1.8 s. It cannot be done in less than 40 s and usually takes 1 min 6 s to 1 min 26 s.",
            id="too short",
        ),
        pytest.param(
            Reason.TOO_SHORT,
            replace(TOO_SHORT, usual=None),
            "It succeeded after 1.8 s. It cannot be done in less than 40 s. "
            "How long it usually takes is not known yet.",
            id="too short, the usual not known",
        ),
        pytest.param(
            Reason.STALLED,
            STALLED,
            "It is alive (last ping 04:59:41) but processed 0 items from 04:30 to 05:00; at least 500 are expected.",
            id="stalled",
        ),
        pytest.param(
            Reason.STALLED,
            replace(STALLED, last_ping=berlin("04:21:40")),
            "It processed 0 items from 04:30 to 05:00; at least 500 are expected. "
            "It has not pinged since 04:21:40 either.",
            id="stalled, and not known to be alive",
        ),
        pytest.param(Reason.STALLED, SINCE, "It processed fewer items than it must.", id="stalled, no more known"),
    ],
)
def test_why_it_is_down(reason: Reason, facts: Facts, said: str) -> None:
    assert why(reason, facts, CLOCK) == said


@pytest.mark.parametrize(
    ("reason", "facts", "place"),
    [
        pytest.param(Reason.MISSED, MISSED, "the scheduler, not at the script", id="never started"),
        pytest.param(
            Reason.MISSED, replace(MISSED, started=berlin("02:00:03")), "the job, not at the scheduler", id="started"
        ),
        pytest.param(Reason.OVERRUN, OVERRUN, "the process", id="overrun"),
        pytest.param(Reason.FAILED, replace(FAILED, output="boom"), "its output", id="failed with output"),
        pytest.param(Reason.FAILED, FAILED, "the job's own log", id="failed without output"),
        pytest.param(Reason.TOO_SHORT, TOO_SHORT, "its input", id="too short"),
        pytest.param(Reason.STALLED, STALLED, "what feeds it", id="stalled but alive"),
        pytest.param(
            Reason.STALLED, replace(STALLED, last_ping=berlin("04:21:40")), "the worker", id="stalled and silent"
        ),
    ],
)
def test_where_to_look_first(reason: Reason, facts: Facts, place: str) -> None:
    assert look_first(reason, facts).startswith(f"Look first at {place}")


PROBED = replace(FAILED, is_probed=True, exit_status=None, last_ping=berlin("04:40:09"))


@pytest.mark.parametrize(
    ("output", "short", "place"),
    [
        ("no answer: connection refused", "no answer: connection refused", "the server: is it up"),
        ("no answer: nothing came within 10 s", "no answer: nothing came within 10 s", "the server: is it up"),
        (
            "no answer: shop.example.com has no address in the DNS (Name or service not known)",
            "no answer",
            "the DNS",
        ),
        ("no answer: the DNS did not tell the address of shop.example.com in time", "no answer", "the DNS"),
        (
            "no answer: 10.0.0.1 is an inside address (private), closed to probes",
            "no answer",
            "the address: it is an inside one",
        ),
        ("no answer: more than 5 redirects", "no answer: more than 5 redirects", "where the address redirects to"),
        ("TLS: certificate has expired", "TLS: certificate has expired", "the server's certificate"),
        ("certificate expires in 6 days (2026-12-01), limit 14 days", None, "the server's certificate"),
        ("status 503, expected 200", "status 503, expected 200", "the server: it answers, but not"),
        ('text "Add to cart" not found', None, "the server: it answers, but not"),
        ("slow: 4.2 s, limit 3 s", "slow: 4.2 s, limit 3 s", "the load of the server"),
        ("", None, "the address as the probe asks it"),
    ],
)
def test_what_a_probe_found_says_where_to_look_and_is_told_in_short_where_every_alphabet_has_it(
    output: str, short: str | None, place: str
) -> None:
    facts = replace(PROBED, output=output, in_a_row=1)
    assert look_first(Reason.FAILED, facts).startswith(f"Look first at {place}")
    assert happened(Reason.FAILED, facts, CLOCK) == (("failed", short) if short else ("failed",))


def test_a_probe_that_was_not_made_is_no_fault_of_what_it_asks() -> None:
    facts = replace(MISSED, is_probed=True)
    assert why(Reason.MISSED, facts, CLOCK) == "Overdue has not asked by 02:30."
    assert look_first(Reason.MISSED, facts).startswith("Look first at Overdue itself")


def test_no_word_about_a_probe_tells_of_a_job_or_its_output() -> None:
    for reason in (Reason.MISSED, Reason.FAILED):
        for output in ("no answer: connection refused", "status 503, expected 200", "anything"):
            facts = replace(PROBED, output=output, took=timedelta(seconds=4))
            said = f"{why(reason, facts, CLOCK)} {look_first(reason, facts)}"
            assert not any(word in said for word in ("job", "output", "reported", "scheduler"))


def test_only_a_run_that_has_an_id_stays_open_when_a_new_one_ends() -> None:
    warning = "A new run will not close this one."
    assert warning in look_first(Reason.OVERRUN, OVERRUN)
    assert warning not in look_first(Reason.OVERRUN, replace(OVERRUN, run=""))


def test_a_recovery_is_a_success_or_enough_items() -> None:
    facts = replace(SINCE, took=timedelta(seconds=6.1), usual=(timedelta(seconds=5), timedelta(seconds=7.3)))
    at = berlin("04:36:04")
    assert recovery(Reason.FAILED, facts, CLOCK, at=at) == "Success at 04:36:04, after 6.1 s (usually 5.0 to 7.3 s)."
    assert recovery(None, SINCE, CLOCK, at=at) == "Success at 04:36:04."
    assert recovery(Reason.STALLED, SINCE, CLOCK, at=at) == "It processes enough again, as of 04:36:04."


instants = st.none() | st.integers(0, 86_400).map(lambda seconds: NOW - timedelta(seconds=seconds))
durations = st.none() | st.integers(0, 10**9).map(lambda ms: timedelta(milliseconds=ms))
some_facts = st.builds(
    Facts,
    since=st.just(NOW),
    expected=instants,
    usual=st.none() | st.just((timedelta(seconds=29), timedelta(seconds=47))),
    output=st.sampled_from(["", "boom"]),
    is_probed=st.sampled_from([None, True]),
    exit_status=st.none() | st.integers(0, 255),
    in_a_row=st.integers(0, 12),
    took=durations,
    run=st.sampled_from([None, "", "3f2a9c04"]),
    started=instants,
    limit=durations,
    count=st.none() | st.integers(0, 2000),
    min_count=st.none() | st.integers(1, 2000),
    window=st.none() | st.just((NOW - timedelta(hours=1), NOW)),
    last_ping=instants,
)


@settings(derandomize=True, max_examples=40, deadline=None)
@given(st.sampled_from(Reason), some_facts)
def test_words_can_do_without_any_fact(reason: Reason, facts: Facts) -> None:
    said = [*happened(reason, facts, CLOCK), why(reason, facts, CLOCK), look_first(reason, facts)]
    for words in said:
        assert words
        assert words.isascii()
        assert "None" not in words
        assert "  " not in words
    assert said[-1].endswith(".")


def test_misses_that_were_borne_are_told_with_the_one_that_counts() -> None:
    facts = replace(MISSED, misses=3)
    assert happened(Reason.MISSED, facts, CLOCK) == ("missed", "expected 02:00", "3rd in a row")
    assert why(Reason.MISSED, facts, CLOCK).endswith(" It is the 3rd miss in a row.")


def test_a_first_success_that_did_not_come_points_at_the_set_up() -> None:
    facts = Facts(since=berlin("02:30:00"), expected=berlin("02:30:00"), is_first=True)
    assert why(Reason.MISSED, facts, CLOCK) == (
        "Nothing came by 02:30. Its first success was due by then. No start came either."
    )
    assert look_first(Reason.MISSED, facts) == ("Look first at how the job is set up: nothing has ever come from it.")
    pinged = replace(facts, last_ping=berlin("01:00:00"))
    assert "nothing has ever come" not in look_first(Reason.MISSED, pinged)
