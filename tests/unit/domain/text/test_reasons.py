"""docs/reference/rules.md, rule 17: why a check is down in each length, and where to look first."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.alerts import Facts, Reason
from chalicelib.domain.text.explanations import explain, explain_recovery, where_to_look
from chalicelib.domain.text.reasons import (
    count_reasons,
    describe,
    describe_recovery,
    items_done,
    name_with_count,
    reason_name,
    summarize,
    summarize_for_sms,
)
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


def test_a_reason_is_named_in_words() -> None:
    assert [reason_name(reason) for reason in Reason] == ["missed", "overrun", "failed", "too short", "stalled"]


def test_a_reason_that_is_not_known_says_so() -> None:
    assert reason_name(None) == "reason not known"
    assert reason_name("ran_backwards") == "ran backwards"


def test_reasons_of_many_checks_are_counted_with_the_most_frequent_first() -> None:
    assert count_reasons([Reason.OVERRUN, Reason.TOO_SHORT, Reason.TOO_SHORT]) == "2 too short, 1 overrun"
    assert count_reasons([Reason.MISSED, Reason.MISSED]) == "missed"


@pytest.mark.parametrize(
    ("reason", "facts", "said"),
    [
        (Reason.FAILED, FAILED, "failed, 3rd failure in a row"),
        (Reason.FAILED, replace(FAILED, in_a_row=1), "failed"),
        (Reason.FAILED, replace(FAILED, members=("web-1",)), "failed"),
        (Reason.MISSED, replace(MISSED, misses=2), "missed, 2nd miss in a row"),
        (Reason.OVERRUN, replace(OVERRUN, in_a_row=3), "overrun"),
    ],
)
def test_a_reason_says_which_failure_or_miss_it_is(reason: Reason, facts: Facts, said: str) -> None:
    assert name_with_count(reason, facts) == said


@pytest.mark.parametrize(
    ("reason", "facts", "said"),
    [
        (Reason.MISSED, MISSED, "expected 02:00, 3 h 12 min ago · it did not start either"),
        (
            Reason.MISSED,
            replace(MISSED, started=berlin("02:00:03"), misses=3),
            "expected 02:00, 3 h 12 min ago · it started but did not report · 3rd miss in a row",
        ),
        (
            Reason.MISSED,
            replace(SINCE, is_first=True),
            "the first success was due by 02:30, 2 h 42 min ago · it did not start either",
        ),
        (Reason.MISSED, replace(MISSED, is_probed=True), "expected 02:00, 3 h 12 min ago · no probe was made"),
        (Reason.OVERRUN, replace(OVERRUN, took=timedelta(minutes=162.5)), "running for 2 h 42 min, limit 1 h 30 min"),
        (Reason.OVERRUN, replace(OVERRUN, took=None), "a run exceeded its limit of 1 h 30 min, 1 h ago"),
        (Reason.FAILED, FAILED, "exit status 75, 32 min ago · 3rd failure in a row"),
        (Reason.FAILED, SINCE, "it reported a failure, 2 h ago"),
        (Reason.FAILED, replace(SINCE, is_alarm=True), "the alarm went off, 2 h ago"),
        (Reason.FAILED, replace(SINCE, is_probed=True, output="no answer: timeout"), "no answer, 2 h ago"),
        (Reason.FAILED, replace(SINCE, is_probed=True, output="status 503, expected 200"), "no good answer, 2 h ago"),
        (
            Reason.FAILED,
            replace(SINCE, members=("web-1",), n_members=2),
            "1 of 2 members is down: web-1 · since 02:30",
        ),
        (Reason.TOO_SHORT, TOO_SHORT, "took 1.8 s, minimum 40 s"),
        (Reason.STALLED, STALLED, "0 of 500 items from 04:30 to 05:00 · last ping 12 min ago"),
        (
            Reason.STALLED,
            replace(STALLED, count=None),
            "fewer than 500 items from 04:30 to 05:00 · last ping 12 min ago",
        ),
    ],
)
def test_a_line_says_what_happened_and_how_long_ago(reason: Reason, facts: Facts, said: str) -> None:
    assert " · ".join(describe(reason, facts, CLOCK)) == said


def test_a_recovery_says_for_how_long_the_check_was_down_and_why() -> None:
    down_at, up_at = berlin("03:58:00"), berlin("04:36:00")
    assert describe_recovery(down_at, up_at, Reason.FAILED, CLOCK) == (
        "up again since 04:36, was down for 38 min (failed)"
    )
    assert describe_recovery(down_at, up_at, None, CLOCK) == "up again since 04:36, was down for 38 min"
    assert describe_recovery(None, up_at, None, CLOCK) == "up again since 04:36"


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
    assert ", ".join(summarize(reason, facts, CLOCK)) == said


@pytest.mark.parametrize(
    ("count", "least", "said"),
    [(0, 500, "0 of 500 items"), (0, 1, "0 of 1 item"), (1, None, "1 item"), (None, 500, None)],
)
def test_items_are_counted_against_what_is_expected(count: int | None, least: int | None, said: str | None) -> None:
    assert items_done(replace(SINCE, count=count, min_count=least)) == said


@pytest.mark.parametrize(
    ("reason", "facts", "said"),
    [
        pytest.param(
            Reason.MISSED,
            MISSED,
            "No success arrived by 02:30. It was expected at 02:00, with 30 min of grace. No start arrived either.",
            id="missed, and never started",
        ),
        pytest.param(
            Reason.MISSED,
            replace(MISSED, started=berlin("02:00:03"), run=""),
            "The job started at 02:00:03, but no success arrived by 02:30. "
            "It was expected at 02:00, with 30 min of grace.",
            id="missed though it started",
        ),
        pytest.param(
            Reason.MISSED, SINCE, "No success arrived by 02:30. No start arrived either.", id="missed, no more known"
        ),
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
            "There are not enough runs yet for a usual duration.",
            id="overrun, long after its limit",
        ),
        pytest.param(
            Reason.OVERRUN,
            SINCE,
            "A run has exceeded its limit. There are not enough runs yet for a usual duration.",
            id="overrun, no more known",
        ),
        pytest.param(
            Reason.FAILED,
            FAILED,
            "Exit status 75 at 04:40:09, after 9 s (usually 29 to 47 s). This is the 3rd failure in a row.",
            id="exit status",
        ),
        pytest.param(
            Reason.FAILED,
            replace(FAILED, exit_status=None, usual=None),
            "The job reported a failure at 04:40:09, after 9 s (not enough runs yet for a usual duration). "
            "This is the 3rd failure in a row.",
            id="failed without an exit status",
        ),
        pytest.param(Reason.FAILED, SINCE, "The job reported a failure at 02:30:00.", id="failed, no more known"),
        pytest.param(
            Reason.FAILED,
            replace(FAILED, exit_status=None, in_a_row=1, is_alarm=True),
            "The CloudWatch alarm went off at 04:40:09.",
            id="an alarm",
        ),
        pytest.param(
            Reason.TOO_SHORT,
            TOO_SHORT,
            "The run succeeded after 1.8 s, but needs at least 40 s. It usually takes 1 min 6 s to 1 min 26 s.",
            id="too short",
        ),
        pytest.param(
            Reason.TOO_SHORT,
            replace(TOO_SHORT, usual=None),
            "The run succeeded after 1.8 s, but needs at least 40 s. "
            "There are not enough runs yet for a usual duration.",
            id="too short, the usual not known",
        ),
        pytest.param(
            Reason.STALLED,
            STALLED,
            "The job is alive (last ping 04:59:41) but processed 0 items from 04:30 to 05:00; "
            "at least 500 are expected.",
            id="stalled",
        ),
        pytest.param(
            Reason.STALLED,
            replace(STALLED, last_ping=berlin("04:21:40")),
            "The job processed 0 items from 04:30 to 05:00; at least 500 are expected. "
            "It has not pinged since 04:21:40 either.",
            id="stalled, and not known to be alive",
        ),
        pytest.param(Reason.STALLED, SINCE, "The job processed too few items.", id="stalled, no more known"),
    ],
)
def test_why_it_is_down(reason: Reason, facts: Facts, said: str) -> None:
    assert explain(reason, facts, CLOCK) == said


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
        pytest.param(Reason.FAILED, replace(FAILED, is_alarm=True), "what the alarm measures", id="an alarm"),
        pytest.param(Reason.TOO_SHORT, TOO_SHORT, "its input", id="too short"),
        pytest.param(Reason.STALLED, STALLED, "what feeds it", id="stalled but alive"),
        pytest.param(
            Reason.STALLED, replace(STALLED, last_ping=berlin("04:21:40")), "the worker", id="stalled and silent"
        ),
    ],
)
def test_where_to_look_first(reason: Reason, facts: Facts, place: str) -> None:
    assert where_to_look(reason, facts).startswith(f"Look first at {place}")


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
            "the address: it is internal",
        ),
        ("no answer: more than 5 redirects", "no answer: more than 5 redirects", "where the address redirects to"),
        ("TLS: certificate has expired", "TLS: certificate has expired", "the server's certificate"),
        ("certificate expires in 6 days (2026-12-01), limit 14 days", None, "the server's certificate"),
        ("status 503, expected 200", "status 503, expected 200", "the server: it answers, but not"),
        ('text "Add to cart" not found', None, "the server: it answers, but not"),
        ("slow: 4.2 s, limit 3 s", "slow: 4.2 s, limit 3 s", "the load of the server"),
        ("", None, "the address that the probe requests"),
    ],
)
def test_what_a_probe_found_says_where_to_look_and_is_told_in_short_where_every_alphabet_has_it(
    output: str, short: str | None, place: str
) -> None:
    facts = replace(PROBED, output=output, in_a_row=1)
    assert where_to_look(Reason.FAILED, facts).startswith(f"Look first at {place}")
    assert summarize(Reason.FAILED, facts, CLOCK) == (("failed", short) if short else ("failed",))


def test_a_probe_that_was_not_made_is_no_fault_of_what_it_asks() -> None:
    facts = replace(MISSED, is_probed=True)
    assert explain(Reason.MISSED, facts, CLOCK) == "No probe was made by 02:30."
    assert where_to_look(Reason.MISSED, facts).startswith("Look first at Overdue itself")


def test_no_word_about_a_probe_tells_of_a_job_or_its_output() -> None:
    for reason in (Reason.MISSED, Reason.FAILED):
        for output in ("no answer: connection refused", "status 503, expected 200", "anything"):
            facts = replace(PROBED, output=output, took=timedelta(seconds=4))
            said = f"{explain(reason, facts, CLOCK)} {where_to_look(reason, facts)}"
            assert not any(word in said for word in ("job", "output", "reported", "scheduler"))


def test_only_a_run_that_has_an_id_stays_open_when_a_new_one_ends() -> None:
    warning = "A new run will not close this one."
    assert warning in where_to_look(Reason.OVERRUN, OVERRUN)
    assert warning not in where_to_look(Reason.OVERRUN, replace(OVERRUN, run=""))


def test_a_recovery_is_a_success_or_enough_items() -> None:
    facts = replace(SINCE, took=timedelta(seconds=6.1), usual=(timedelta(seconds=5), timedelta(seconds=7.3)))
    at = berlin("04:36:04")
    assert (
        explain_recovery(Reason.FAILED, facts, CLOCK, at=at)
        == "Success at 04:36:04, after 6.1 s (usually 5.0 to 7.3 s)."
    )
    assert explain_recovery(None, SINCE, CLOCK, at=at) == "Success at 04:36:04."
    assert explain_recovery(Reason.STALLED, SINCE, CLOCK, at=at) == "Enough items were processed again as of 04:36:04."


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
    is_alarm=st.sampled_from([None, True]),
    is_first=st.booleans(),
    misses=st.integers(0, 3),
    members=st.none() | st.sampled_from([(), ("web-1",), ("web-1", "web-2")]),
    n_members=st.none() | st.integers(1, 5),
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
    said = [
        *summarize(reason, facts, CLOCK),
        *summarize_for_sms(reason, facts, CLOCK),
        *describe(reason, facts, CLOCK),
        explain(reason, facts, CLOCK),
        where_to_look(reason, facts),
    ]
    for words in said:
        assert words
        assert words.isascii()
        assert "None" not in words
        assert "  " not in words
    assert said[-1].endswith(".")


def test_misses_that_were_borne_are_told_with_the_one_that_counts() -> None:
    facts = replace(MISSED, misses=3)
    assert summarize(Reason.MISSED, facts, CLOCK) == ("missed", "expected 02:00", "3rd in a row")
    assert explain(Reason.MISSED, facts, CLOCK).endswith(" This is the 3rd miss in a row.")


def test_a_first_success_that_did_not_come_points_at_the_set_up() -> None:
    facts = Facts(since=berlin("02:30:00"), expected=berlin("02:30:00"), is_first=True)
    assert explain(Reason.MISSED, facts, CLOCK) == (
        "No success arrived by 02:30. The first success was due by then. No start arrived either."
    )
    assert where_to_look(Reason.MISSED, facts) == ("Look first at how the job is set up: it has never pinged.")
    pinged = replace(facts, last_ping=berlin("01:00:00"))
    assert "never pinged" not in where_to_look(Reason.MISSED, pinged)
