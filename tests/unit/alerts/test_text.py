"""The text of each kind of alert, written out; and unusual names."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.alerts.text import Delivery, Message, compose_message
from chalicelib.domain.alerts import Alert, Facts, Kind, Reason
from chalicelib.domain.config import Config
from chalicelib.domain.ids import Code

CODE = Code("5d0e1b52-7c1f-4a0e-9b1d-2f6c8a41e930")
OTHER_CODE = Code("77aa0c1e-1111-4a0e-9b1d-2f6c8a41e930")
GSM_ONE = set(
    "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_TWO = set("^{}\\[~]|€")


def berlin(text: str) -> datetime:
    """An instant of October 2026, as the clocks in Berlin show it."""
    return datetime.fromisoformat(f"2026-10-{text}+02:00").astimezone(UTC)


def alert(kind: Kind, reason: Reason | None, at: str, facts: Facts, *, ordinal: int = 0) -> Alert:
    return Alert(
        id="0b2f6d1c-3a53-5f3e-8f0e-d1d1f0a7c111",
        kind=kind,
        reason=reason,
        flip=7,
        ordinal=ordinal,
        at=berlin(at),
        facts=facts,
        retry_at=berlin(at),
    )


def compose(
    name: str,
    an_alert: Alert,
    *,
    slug: str = "",
    code: Code = CODE,
    link: str | None = None,
    ack_link: str | None = None,
    to: tuple[str, ...] = ("ops",),
) -> Message:
    config = Config(name=name, slug=slug, tz="Europe/Berlin")
    address = f"https://overdue.example.com/c/{slug or name}" if link is None else link
    delivery = Delivery(at=an_alert.at + timedelta(seconds=1), channels=to, link=address, ack_link=ack_link)
    return compose_message(code, config, an_alert, delivery)


MISSED = alert(
    Kind.DOWN,
    Reason.MISSED,
    "24T02:30:00",
    Facts(
        since=berlin("24T02:30:00"),
        expected=berlin("24T02:00:00"),
        last_success=berlin("23T02:04:10"),
        last_ping=berlin("23T02:04:10"),
        last_took=timedelta(minutes=4, seconds=10),
        usual=(timedelta(minutes=3, seconds=45), timedelta(minutes=4, seconds=35)),
        limit=timedelta(minutes=30),
    ),
)
OVERRUN = alert(
    Kind.DOWN,
    Reason.OVERRUN,
    "24T04:00:04",
    Facts(
        since=berlin("24T04:00:04"),
        started=berlin("24T02:30:04"),
        run="3f2a9c04",
        took=timedelta(minutes=90),
        limit=timedelta(minutes=90),
        last_success=berlin("23T21:21:40"),
        last_took=timedelta(minutes=51, seconds=37),
        usual=(timedelta(minutes=46), timedelta(minutes=58)),
        output="shard 6/12 done, 2,144,870 documents\nshard 7/12: waiting for lock index_writer, held by pid 4121",
    ),
)
FAILED = alert(
    Kind.DOWN,
    Reason.FAILED,
    "24T04:40:09",
    Facts(
        since=berlin("24T04:40:09"),
        expected=berlin("24T05:40:00"),
        last_success=berlin("24T01:40:41"),
        last_took=timedelta(seconds=33),
        usual=(timedelta(seconds=29), timedelta(seconds=47)),
        exit_status=75,
        in_a_row=3,
        took=timedelta(seconds=9),
        output='File "/srv/billing/mailer.py", line 88, in send\n'
        "smtplib.SMTPServerDisconnected: Connection unexpectedly closed",
    ),
)
TOO_SHORT = alert(
    Kind.DOWN,
    Reason.TOO_SHORT,
    "24T05:00:48",
    Facts(
        since=berlin("24T05:00:48"),
        last_success=berlin("23T05:01:15"),
        last_took=timedelta(minutes=1, seconds=15),
        usual=(timedelta(seconds=66), timedelta(seconds=86)),
        in_a_row=1,
        took=timedelta(seconds=1.8),
        limit=timedelta(seconds=40),
        output="0 accounts selected, nothing to do\n",
    ),
)
STALLED = alert(
    Kind.DOWN,
    Reason.STALLED,
    "24T05:00:00",
    Facts(
        since=berlin("24T05:00:00"),
        last_success=berlin("24T04:59:41"),
        last_ping=berlin("24T04:59:41"),
        count=0,
        min_count=500,
        window=(berlin("24T04:30:00"), berlin("24T05:00:00")),
        counted_at=berlin("24T04:21:07"),
    ),
)
UP = alert(
    Kind.UP,
    Reason.OVERRUN,
    "24T04:36:04",
    Facts(
        since=berlin("24T03:58:10"),
        took=timedelta(seconds=6.1),
        usual=(timedelta(seconds=5), timedelta(seconds=7.3)),
    ),
)
REMINDER = alert(
    Kind.REMINDER,
    Reason.MISSED,
    "24T04:30:00",
    Facts(
        since=berlin("24T02:30:00"),
        last_success=berlin("23T02:04:10"),
        last_took=timedelta(minutes=4, seconds=10),
        next_reminder=berlin("24T06:30:00"),
    ),
    ordinal=1,
)
ESCALATION = alert(
    Kind.ESCALATION,
    Reason.MISSED,
    "24T02:45:00",
    Facts(since=berlin("24T02:30:00"), last_success=berlin("23T02:04:10"), after=timedelta(minutes=15)),
    ordinal=1,
)
TEST = alert(Kind.TEST, None, "24T04:30:00", Facts(since=berlin("24T04:30:00")))
ALL = (MISSED, OVERRUN, FAILED, TOO_SHORT, STALLED, UP, REMINDER, ESCALATION, TEST)


def test_a_missed_success_points_at_the_scheduler() -> None:
    got = compose("postgres-backup", MISSED)
    assert got.subject == "DOWN postgres-backup: missed, expected 02:00"
    assert got.text == (
        "postgres-backup is down: missed.\n\n"
        "No success arrived by 02:30. It was expected at 02:00, with 30 min of grace. No start arrived either.\n\n"
        "Down since    Sat 24 Oct 02:30:00 Europe/Berlin (00:30:00 UTC)\n"
        "Expected      Sat 24 Oct 02:00 Europe/Berlin (00:00 UTC)\n"
        "Last success  Fri 23 Oct 02:04:10, after 4 min 10 s (usually 3 min 45 s to 4 min 35 s)\n\n"
        "Look first at the scheduler, not at the script: it was probably never launched "
        "(host down, cron stopped, timer disabled).\n\n"
        "https://overdue.example.com/c/postgres-backup"
    )
    assert got.sms == (
        "DOWN postgres-backup: missed, expected 02:00, nothing since 23 Oct 02:04. "
        "overdue.example.com/c/postgres-backup"
    )


def test_a_success_missed_by_what_did_start_points_at_the_job() -> None:
    facts = replace(MISSED.facts, started=berlin("24T02:00:03"), run="", usual=None)
    got = compose("postgres-backup", replace(MISSED, facts=facts))
    assert got.subject == "DOWN postgres-backup: missed, expected 02:00"
    assert got.text == (
        "postgres-backup is down: missed.\n\n"
        "The job started at 02:00:03, but no success arrived by 02:30. "
        "It was expected at 02:00, with 30 min of grace.\n\n"
        "Down since    Sat 24 Oct 02:30:00 Europe/Berlin (00:30:00 UTC)\n"
        "Expected      Sat 24 Oct 02:00 Europe/Berlin (00:00 UTC)\n"
        "Started       02:00:03\n"
        "Last success  Fri 23 Oct 02:04:10, after 4 min 10 s (not enough runs yet for a usual duration)\n\n"
        "Look first at the job, not at the scheduler: it was launched but did not report "
        "(still running, killed, or cut off from Overdue).\n\n"
        "https://overdue.example.com/c/postgres-backup"
    )
    assert got.sms == (
        "DOWN postgres-backup: missed, expected 02:00, started 02:00 but did not report. "
        "overdue.example.com/c/postgres-backup"
    )


def test_an_overrun_shows_the_last_output_of_its_run() -> None:
    got = compose("search-reindex", OVERRUN)
    assert got.subject == "DOWN search-reindex: overrun, running for 1 h 30 min"
    assert got.text == (
        "search-reindex is down: overrun.\n\n"
        "The run that started at 02:30 has been running for 1 h 30 min, its limit. "
        "It usually takes 46 to 58 min.\n\n"
        "Down since    Sat 24 Oct 04:00:04 Europe/Berlin (02:00:04 UTC)\n"
        "Started       02:30:04, run 3f2a9c04\n"
        "Last success  Fri 23 Oct 21:21:40, after 51 min 37 s\n\n"
        "Its last output:\n"
        "  shard 6/12 done, 2,144,870 documents\n"
        "  shard 7/12: waiting for lock index_writer, held by pid 4121\n\n"
        "Look first at the process: as far as Overdue knows, it is alive. A new run will not close this one.\n\n"
        "https://overdue.example.com/c/search-reindex"
    )
    assert got.sms == (
        "DOWN search-reindex: overrun, running since 02:30, limit 1 h 30 min. overdue.example.com/c/search-reindex"
    )


def test_a_failure_shows_its_exit_status_and_the_end_of_its_output() -> None:
    got = compose("invoice-mailer", FAILED)
    assert got.subject == "DOWN invoice-mailer: failed, exit status 75, 3rd in a row"
    assert got.text == (
        "invoice-mailer is down: failed.\n\n"
        "Exit status 75 at 04:40:09, after 9 s (usually 29 to 47 s). This is the 3rd failure in a row.\n\n"
        "Down since    Sat 24 Oct 04:40:09 Europe/Berlin (02:40:09 UTC)\n"
        "Expected next Sat 24 Oct 05:40 Europe/Berlin (03:40 UTC)\n"
        "Last success  Sat 24 Oct 01:40:41, after 33 s\n\n"
        "The end of its output:\n"
        '  File "/srv/billing/mailer.py", line 88, in send\n'
        "  smtplib.SMTPServerDisconnected: Connection unexpectedly closed\n\n"
        "Look first at its output: the job itself reported the failure.\n\n"
        "https://overdue.example.com/c/invoice-mailer"
    )
    assert got.sms == (
        "DOWN invoice-mailer: failed, exit status 75, 3rd in a row, 04:40. overdue.example.com/c/invoice-mailer"
    )


def test_a_run_that_was_too_short_is_compared_with_the_minimum_and_the_usual() -> None:
    got = compose("ledger-export", TOO_SHORT)
    assert got.subject == "DOWN ledger-export: too short, 1.8 s"
    assert got.text == (
        "ledger-export is down: too short.\n\n"
        "The run succeeded after 1.8 s, but needs at least 40 s. It usually takes "
        "1 min 6 s to 1 min 26 s.\n\n"
        "Down since    Sat 24 Oct 05:00:48 Europe/Berlin (03:00:48 UTC)\n"
        "Last success  Fri 23 Oct 05:01:15, after 1 min 15 s\n\n"
        "The end of its output:\n"
        "  0 accounts selected, nothing to do\n\n"
        "Look first at its input: it probably found nothing to do, or skipped its work.\n\n"
        "https://overdue.example.com/c/ledger-export"
    )
    assert got.sms == (
        "DOWN ledger-export: too short, 1.8 s, at least 40 s, 05:00. overdue.example.com/c/ledger-export"
    )


def test_a_stalled_worker_is_alive_but_does_nothing() -> None:
    got = compose("orders-consumer", STALLED)
    assert got.subject == "DOWN orders-consumer: stalled, 0 of 500 items"
    assert got.text == (
        "orders-consumer is down: stalled.\n\n"
        "The job is alive (last ping 04:59:41) but processed 0 items from 04:30 to 05:00; "
        "at least 500 are expected.\n\n"
        "Down since    Sat 24 Oct 05:00:00 Europe/Berlin (03:00:00 UTC)\n"
        "Last items    Sat 24 Oct 04:21:07\n"
        "Last success  Sat 24 Oct 04:59:41\n\n"
        "Look first at what feeds it: the worker runs, but its queue may be empty or its input refused.\n\n"
        "https://overdue.example.com/c/orders-consumer"
    )
    assert got.sms == (
        "DOWN orders-consumer: stalled, alive but 0 of 500 items 04:30-05:00. overdue.example.com/c/orders-consumer"
    )


def test_a_recovery_says_how_long_the_check_was_down() -> None:
    got = compose("fx-rates", UP)
    assert got.subject == "UP fx-rates: was down for 38 min"
    assert got.text == (
        "fx-rates is up again. It was down for 38 min.\n\n"
        "Success at 04:36:04, after 6.1 s (usually 5.0 to 7.3 s).\n\n"
        "Down          Sat 24 Oct 03:58:10 to 04:36:04 Europe/Berlin (01:58:10 to 02:36:04 UTC)\n"
        "Was           overrun\n\n"
        "https://overdue.example.com/c/fx-rates"
    )
    assert got.sms == "UP fx-rates: was down for 38 min, 03:58-04:36. overdue.example.com/c/fx-rates"


PROBED = replace(
    FAILED,
    facts=replace(
        FAILED.facts, is_probed=True, exit_status=None, took=timedelta(0), output="no answer: connection refused"
    ),
)


def test_a_probe_without_an_answer_blames_no_job_and_shows_no_duration() -> None:
    got = compose("shop", PROBED)
    assert got.subject == "DOWN shop: failed, no answer: connection refused, 3rd in a row"
    assert got.text == (
        "shop is down: failed.\n\n"
        "The probe at 04:40:09 got no answer. This is the 3rd failure in a row.\n\n"
        "Down since    Sat 24 Oct 04:40:09 Europe/Berlin (02:40:09 UTC)\n"
        "Expected next Sat 24 Oct 05:40 Europe/Berlin (03:40 UTC)\n"
        "Last success  Sat 24 Oct 01:40:41, after 33 s (usually 29 to 47 s)\n\n"
        "What the probe found:\n"
        "  no answer: connection refused\n\n"
        "Look first at the server: is it up, and can it be reached from outside?\n\n"
        "https://overdue.example.com/c/shop"
    )


def test_a_probe_with_a_bad_answer_shows_its_duration_and_its_recovery_a_good_answer() -> None:
    bad = replace(PROBED, facts=replace(PROBED.facts, took=timedelta(seconds=4), output="status 503, expected 200"))
    assert "The probe at 04:40:09 got no good answer, after 4 s (usually 29 to 47 s)." in compose("shop", bad).text
    up = replace(UP, reason=Reason.FAILED, facts=replace(UP.facts, is_probed=True, output="status 200 in 90 ms"))
    text = compose("shop", up).text
    assert "A good answer came at" in text
    assert "\nWas           failed\n" in text


def test_a_recovery_from_failures_says_how_it_failed_and_how_often() -> None:
    up = replace(UP, reason=Reason.FAILED, facts=replace(UP.facts, exit_status=1, in_a_row=2))
    assert "\nWas           failed, exit status 1, 2nd in a row\n" in compose("fx-rates", up).text


def test_a_reminder_says_how_long_the_check_has_been_down_and_when_the_next_one_follows() -> None:
    got = compose("postgres-backup", REMINDER)
    assert got.subject == "STILL DOWN postgres-backup: missed, for 2 h"
    assert got.text == (
        "postgres-backup is still down: missed.\n\n"
        "No success for 2 h, since 02:30. This is the 1st reminder. The next one follows at 06:30 "
        "unless it is up by then.\n\n"
        "Down since    Sat 24 Oct 02:30:00 Europe/Berlin (00:30:00 UTC)\n"
        "Last success  Fri 23 Oct 02:04:10, after 4 min 10 s (not enough runs yet for a usual duration)\n\n"
        "https://overdue.example.com/c/postgres-backup"
    )
    assert got.sms == (
        "STILL DOWN postgres-backup: missed, for 2 h, since 02:30. overdue.example.com/c/postgres-backup"
    )


def test_an_escalation_says_to_which_channel_after_how_long_and_where_to_look() -> None:
    got = compose("postgres-backup", ESCALATION, to=("oncall",))
    assert got.subject == "STILL DOWN postgres-backup: missed, escalated to oncall after 15 min"
    assert got.text == (
        "postgres-backup is still down: missed.\n\n"
        "No success for 15 min, since 02:30. Nobody has acknowledged it: escalated to oncall after 15 min.\n\n"
        "Down since    Sat 24 Oct 02:30:00 Europe/Berlin (00:30:00 UTC)\n"
        "Last success  Fri 23 Oct 02:04:10\n\n"
        "Look first at the scheduler, not at the script: it was probably never launched "
        "(host down, cron stopped, timer disabled).\n\n"
        "https://overdue.example.com/c/postgres-backup"
    )
    assert got.sms == (
        "STILL DOWN postgres-backup: missed, escalated to oncall after 15 min, since 02:30. "
        "overdue.example.com/c/postgres-backup"
    )


def test_to_many_channels_an_escalation_gives_up_their_names_first() -> None:
    got = compose("postgres-backup", ESCALATION, to=tuple(f"channel-{number}" for number in range(12)))
    assert got.subject == "STILL DOWN postgres-backup: missed"


@pytest.mark.parametrize("an_alert", [MISSED, REMINDER, ESCALATION], ids=lambda each: each.kind)
def test_an_alert_about_an_outage_has_an_acknowledge_link_above_the_link_to_its_page(an_alert: Alert) -> None:
    got = compose("postgres-backup", an_alert, ack_link="https://overdue.example.com/ack/TOKEN")
    assert got.text.split("\n\n")[-2:] == [
        "Acknowledge this outage, which ends its reminders and escalation:\nhttps://overdue.example.com/ack/TOKEN",
        "https://overdue.example.com/c/postgres-backup",
    ]
    assert "TOKEN" not in got.sms


def test_a_test_says_that_nothing_has_happened() -> None:
    got = compose("fx-rates", TEST)
    assert got.subject == "TEST fx-rates: alerts reach you"
    assert got.text == (
        "This is a test: alerts of fx-rates reach you. Nothing is wrong with it.\n\n"
        "https://overdue.example.com/c/fx-rates"
    )


def test_no_single_message_can_be_composed_for_a_digest() -> None:
    with pytest.raises(ValueError, match="several checks"):
        compose("fx-rates", replace(TEST, kind=Kind.DIGEST))


def test_an_alert_that_leaves_a_day_late_names_the_day() -> None:
    config = Config(name="postgres-backup", tz="Europe/Berlin")
    delivery = Delivery(at=berlin("25T00:10:00"), channels=(), link="https://o.example/c/p", ack_link=None)
    late = compose_message(CODE, config, MISSED, delivery)
    assert late.subject == "DOWN postgres-backup: missed, expected Sat 24 Oct 02:00"


@pytest.mark.parametrize(
    ("name", "slug", "subject", "sms"),
    [
        pytest.param("", "db-backup", "db-backup", "db-backup", id="no name: its slug"),
        pytest.param(" \t", "", "5d0e1b52", "5d0e1b52", id="nothing at all: eight digits of its code"),
        pytest.param("Müller [prod]", "", "Muller [prod] (5d0e1b52)", "Müller [prod]", id="umlaut, brackets"),
        pytest.param("Müller", "mueller", "Muller (5d0e1b52)", "Müller", id="an umlaut is worth no slug"),
        pytest.param("Łódź – nightly", "", "Lodz - nightly (5d0e1b52)", "Lodz - nightly (5d0e1b52)", id="Polish"),
        pytest.param("🔥 backup", "", "? backup (5d0e1b52)", "? backup (5d0e1b52)", id="emoji"),
        pytest.param("🔥 backup", "fire", "fire (5d0e1b52)", "fire (5d0e1b52)", id="emoji, but it has a slug"),
        pytest.param("גיבוי לילי", "", "????? ???? (5d0e1b52)", "????? ???? (5d0e1b52)", id="right to left"),
        pytest.param("a\nBcc: x@y\r\n", "", "a Bcc: x@y (5d0e1b52)", "a Bcc: x@y (5d0e1b52)", id="line ends"),
        pytest.param("back\u202eup\x1b[31m", "", "backup[31m (5d0e1b52)", "backup[31m (5d0e1b52)", id="controls"),
        pytest.param("db (77aa0c1e)", "", "db (77aa0c1e) (5d0e1b52)", "db (77aa0c1e) (5d0e1b52)", id="marked"),
        pytest.param("`db`", "", "`db`", "'db' (5d0e1b52)", id="no backtick in GSM"),
    ],
)
def test_a_name_is_exact_or_marked(name: str, slug: str, subject: str, sms: str) -> None:
    got = compose(name, MISSED, slug=slug, link="")
    assert got.subject == f"DOWN {subject}: missed, expected 02:00"
    assert got.sms == f"DOWN {sms}: missed, expected 02:00, nothing since 23 Oct 02:04."


def test_the_text_keeps_all_letters_and_removes_control_characters() -> None:
    assert compose("גיבוי 🔥", MISSED).text.startswith("גיבוי 🔥 is down: missed.\n")
    assert compose("a\u202eb\nc", MISSED).text.startswith("ab c (5d0e1b52) is down: missed.\n")


def test_the_facts_of_a_subject_go_before_the_name_is_cut() -> None:
    assert compose("n" * 60, FAILED).subject == f"DOWN {'n' * 60}: failed, exit status 75"
    assert compose("n" * 80, FAILED).subject == f"DOWN {'n' * 80}: failed"


def test_a_name_that_must_be_cut_shows_it_and_keeps_the_reason() -> None:
    assert compose("n" * 100, FAILED).subject == f"DOWN {'n' * 72}... (5d0e1b52): failed"


def test_names_that_differ_at_their_end_only_stay_apart() -> None:
    one, other = (compose("n" * 99 + last, MISSED, code=code) for last, code in (("a", CODE), ("b", OTHER_CODE)))
    assert one.subject == f"DOWN {'n' * 72}... (5d0e1b52): missed"
    assert other.subject == f"DOWN {'n' * 72}... (77aa0c1e): missed"
    assert one.sms == f"DOWN {'n' * 99}a: missed, expected 02:00, nothing since 23 Oct 02:04."
    assert other.sms == f"DOWN {'n' * 99}b: missed, expected 02:00, nothing since 23 Oct 02:04."


def test_brackets_count_twice_in_an_sms() -> None:
    got = compose("[" * 100, MISSED).sms
    assert got == f"DOWN {'[' * 66}... (5d0e1b52): missed."
    assert septets(got) == 160


def test_the_link_of_an_sms_goes_before_any_fact() -> None:
    assert compose("n" * 45, FAILED).sms == f"DOWN {'n' * 45}: failed, exit status 75, 3rd in a row, 04:40."


def test_output_is_text_without_colours_and_controls() -> None:
    output = "\x1b[31mred\x1b[0m\r\n\tbell\x07 \x1b]0;title\x07nul\x00 \u202eevil\r50 %\r100 %\n\n"
    text = compose("db", replace(FAILED, facts=replace(FAILED.facts, output=output))).text
    assert "The end of its output:\n  red\n  \tbell\\x07 nul\\x00 \\u202eevil\n  50 %\n  100 %\n\nLook first" in text


def test_only_the_end_of_a_long_output_is_shown() -> None:
    text = compose("db", replace(FAILED, facts=replace(FAILED.facts, output="x" * 5000 + "\nlast line"))).text
    assert "output:\n  ...xxx" in text
    assert "x\n  last line\n\n" in text
    assert len(text) < 2600


def septets(text: str) -> int:
    assert set(text) <= GSM_ONE | GSM_TWO
    return sum(2 if char in GSM_TWO else 1 for char in text)


HOSTILE = "abc -?([5d0e1b52).…ßüÜ€🔥א`\n\r\x00\u202e\u200d\u0308\u00a0"
names = st.one_of(
    st.text(max_size=20),
    st.text(HOSTILE, max_size=30),
    st.tuples(st.text(HOSTILE, min_size=1, max_size=6), st.integers(1, 110)).map(lambda it: (it[0] * it[1])[:110]),
)
FACTS = (
    "expected", "last_success", "last_took", "usual", "took", "started", "limit", "count", "min_count", "window",
    "last_ping", "run", "exit_status", "counted_at", "next_reminder",
)  # fmt: skip
alerts = st.builds(
    lambda known, unknown: replace(known, facts=replace(known.facts, **dict.fromkeys(unknown))),
    st.sampled_from(ALL),
    st.lists(st.sampled_from(FACTS), max_size=4),
)


def name_in(text: str) -> str:
    """What a subject or an SMS calls the check: all between the kind and the last reason in it."""
    for head in ("STILL DOWN ", "DOWN ", "UP ", "TEST "):
        if text.startswith(head):
            return text.removeprefix(head)
    raise AssertionError(text)


@settings(derandomize=True, max_examples=50, deadline=None)
@given(names, st.sampled_from(["", "db-backup", "s" * 100]), alerts)
def test_any_alert_fits_and_claims_no_other_name(name: str, slug: str, an_alert: Alert) -> None:
    got = compose(name, an_alert, slug=slug, link="https://overdue.example.com/c/x")

    assert len(got.subject) <= 100
    assert all(" " <= char <= "~" for char in got.subject)
    assert septets(got.sms) <= 160
    assert "\n" not in got.sms
    for text in (got.subject, got.sms, got.text.replace(name, "")):
        assert "None" not in text
    for text in (got.subject, got.sms):
        exact = name if name.strip() else slug or "5d0e1b52"
        said = name_in(text)
        assert said.startswith(f"{exact}: ") or " (5d0e1b52): " in said


@settings(derandomize=True, max_examples=50, deadline=None)
@given(names.filter(str.strip), names.filter(str.strip))
def test_two_names_never_look_the_same(one: str, other: str) -> None:
    if one == other:
        return
    first, second = compose(one, TEST, link=""), compose(other, TEST, code=OTHER_CODE, link="")
    assert first.subject != second.subject
    assert first.sms != second.sms
    assert first.text != second.text


def test_a_second_miss_in_a_row_says_so() -> None:
    got = compose("postgres-backup", replace(MISSED, facts=replace(MISSED.facts, misses=2)))
    assert got.text.startswith("postgres-backup is down: missed.\n")
    assert got.subject.endswith(", 2nd in a row")


@pytest.mark.parametrize(
    ("parents", "said"),
    [(("db",), "db was down"), (("db", "wan"), "db, wan were down")],
)
def test_an_alert_that_was_held_says_for_which_parents(parents: tuple[str, ...], said: str) -> None:
    facts = replace(FAILED.facts, waited_for=parents)
    assert f"\nHeld while    {said}\n" in compose("postgres-backup", replace(FAILED, facts=facts)).text


def test_an_alert_that_was_snoozed_says_until_when() -> None:
    facts = replace(FAILED.facts, snoozed_until=berlin("24T06:00:00"))
    assert (
        "\nSnoozed until Sat 24 Oct 06:00:00 Europe/Berlin (04:00:00 UTC)\n"
        in compose("postgres-backup", replace(FAILED, facts=facts)).text
    )
