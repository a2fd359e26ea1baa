"""While pings cannot come in nothing is called missed; what was lost gets its grace anew
(docs/reference/rules.md, rule 15).
"""

from datetime import datetime

import pytest

from chalicelib.domain.advance import advance
from chalicelib.domain.alerts import Reason
from chalicelib.domain.check import Check, Run, Status, Window, is_held
from chalicelib.domain.configure import Edit, Pause, configure
from chalicelib.domain.ingress.ingress_outage import IngressOutage, advance_through, rests_on_silence
from chalicelib.domain.ping import Signal
from chalicelib.domain.rules.due import next_due
from chalicelib.domain.sources.probe import Probe
from chalicelib.domain.text.display_status import status, status_without_unknown, unknown_since
from tests.builders import R1, R2, a_check, a_ping, after, flips, hours, minutes, told, utc


def at(clock: str) -> datetime:
    return utc(f"2026-03-01T{clock}Z")


# expected at 13:00, missed at 13:05
HOURLY = a_check(last_success=at("12:00"), period=hours(1), grace=minutes(5), max_runtime=minutes(20))
CLOSED = (IngressOutage(at("13:05"), None),)


def seen(check: Check, clock: str, *intervals: IngressOutage) -> Check:
    return advance_through(check, now=at(clock), blindness=intervals).after


def blind(since: str, until: str) -> IngressOutage:
    return IngressOutage(at(since), at(until))


def held_at_1305(check: Check = HOURLY) -> Check:
    return seen(check, "13:05", *CLOSED)


@pytest.mark.parametrize(
    ("interval", "missed_at"),
    [
        pytest.param(("13:05", "13:30"), "13:35", id="the deadline lies within: at the end, and the grace"),
        pytest.param(("13:02", "13:03"), "13:08", id="the success may have come within: the grace anew"),
        pytest.param(("12:30", "13:00:01"), "13:05:01", id="it was expected a second before the end"),
        pytest.param(("12:30", "13:00"), "13:05", id="it was expected at the end, and nothing was lost"),
        pytest.param(("13:05:01", "13:30"), "13:05", id="it was missed before"),
    ],
)
def test_what_could_have_come_while_blind_is_judged_at_the_end_plus_grace(
    interval: tuple[str, str], missed_at: str
) -> None:
    check = seen(HOURLY, "15:00", blind(*interval))
    [flip] = flips(check)
    assert (flip.reason, flip.at) == (Reason.MISSED, at(missed_at))


def test_while_blind_a_check_is_held_and_looked_at_again() -> None:
    check = held_at_1305()
    assert (flips(check), check.status, is_held(check)) == ([], Status.UP, True)
    assert check.due_at == next_due(check) == at("13:05")
    assert seen(check, "19:00", *CLOSED) == check
    assert advance(check, now=at("19:00")).after == check, "whoever reads it knows, without the registry"


def test_what_is_held_is_unknown_and_to_an_old_client_late() -> None:
    check, now = held_at_1305(), at("13:06")
    assert (status(check, now=now).value, status_without_unknown(check, now=now).value) == ("unknown", "grace")
    assert unknown_since(check, now=now) == at("13:05")
    released = seen(check, "13:31", blind("13:05", "13:30"))
    assert status(released, now=at("13:31")).value == "grace"


def test_what_is_not_due_bears_nothing() -> None:
    assert seen(HOURLY, "13:04", *CLOSED) == HOURLY


def test_a_held_check_is_missed_when_its_grace_has_passed_since_the_end_and_the_alert_says_why_so_late() -> None:
    check = seen(held_at_1305(), "13:31", blind("13:05", "13:30"))
    assert (flips(check), check.due_at) == ([], at("13:35"))
    down = seen(check, "13:36", blind("13:05", "13:30"))
    assert [flip.at for flip in flips(down)] == [at("13:35")]
    assert down.alerts[0].facts.blind == (at("13:05"), at("13:30"))


def test_a_success_that_comes_meanwhile_ends_it() -> None:
    check = after(held_at_1305(), a_ping(at=at("13:20")))
    assert (told(check), check.status, check.due_at) == ([], Status.UP, at("14:25"))
    assert (check.blind_since, check.blind_until) == (None, None)


def test_a_success_after_the_end_and_before_a_look_tells_nobody_of_a_miss() -> None:
    check = after(held_at_1305(), a_ping(at=at("13:40")))
    assert (told(check), check.status) == ([], Status.UP)


def test_a_failure_that_comes_meanwhile_is_told_at_once() -> None:
    assert told(after(held_at_1305(), a_ping(Signal.FAIL, at=at("13:20")))) == ["down failed"]


def test_a_run_whose_end_may_be_lost_gets_the_grace_before_it_has_hung() -> None:
    check = a_check(
        last_success=at("12:00"),
        period=hours(8),
        grace=minutes(5),
        max_runtime=minutes(20),
        runs=(Run(rid=R1, at=at("13:00")),),
    )
    [flip] = flips(seen(check, "15:00", blind("13:10", "13:18")))
    assert (flip.reason, flip.at) == (Reason.OVERRUN, at("13:23"))


def test_the_success_of_one_run_does_not_take_the_grace_of_another() -> None:
    check = a_check(
        last_success=at("12:00"),
        period=hours(8),
        grace=minutes(5),
        max_runtime=minutes(20),
        runs=(Run(rid=R1, at=at("13:00")), Run(rid=R2, at=at("13:01"))),
    )
    held = seen(check, "13:20", IngressOutage(at("13:15"), None))
    check = after(held, a_ping(at=at("13:30"), rid=R2))
    assert (told(check), check.due_at) == ([], at("13:35"))


def test_a_window_of_items_stands_still_while_blind() -> None:
    check = a_check(
        last_success=at("12:00"),
        period=hours(8),
        min_count=10,
        count_window=minutes(30),
        window=Window(at=at("12:00"), count=4),
    )
    held = seen(check, "12:30", IngressOutage(at("12:10"), None))
    assert seen(held, "12:50", blind("12:10", "12:50")).window == Window(at=at("12:40"), count=4)


def test_all_periods_that_were_blind_are_one_miss() -> None:
    check = a_check(last_success=at("12:00"), period=minutes(10), grace=minutes(5), misses_before_alert=3)
    check = seen(check, "14:20", blind("12:12", "14:00"))
    assert (check.misses, check.status) == (2, Status.UP)  # at 14:05, and at 14:15 the one of 14:10
    [flip] = flips(seen(check, "15:00", blind("12:12", "14:00")))
    assert flip.at == at("14:25")


def test_a_second_outage_before_the_grace_is_over_puts_it_off_again() -> None:
    first = seen(held_at_1305(), "13:31", blind("13:05", "13:30"))
    second = seen(first, "13:35", blind("13:05", "13:30"), IngressOutage(at("13:34"), None))
    assert is_held(second)
    [flip] = flips(seen(second, "15:00", blind("13:05", "13:30"), blind("13:34", "14:00")))
    assert flip.at == at("14:05")


def test_an_interval_that_nobody_remembers_ends_now() -> None:
    assert seen(held_at_1305(), "14:00").due_at == at("14:05")


def test_an_edit_that_leaves_nothing_overdue_leaves_nothing_unknown() -> None:
    check = held_at_1305()
    longer = configure(check, Edit(a_check(period=hours(9), grace=minutes(5)).config), now=at("13:10")).after
    assert status(longer, now=at("13:10")).value == "up"
    assert not is_held(seen(longer, "13:11", *CLOSED))


def test_a_pause_forgets_it() -> None:
    assert not is_held(configure(held_at_1305(), Pause(), now=at("13:10")).after)


def test_what_overdue_asks_by_itself_waits_for_no_ping() -> None:
    probed = a_check(
        last_success=at("12:00"), period=hours(1), grace=minutes(5), probe=Probe(url="https://example.com/")
    )
    verdict = advance_through(probed, now=at("13:05"), blindness=CLOSED)
    assert told(verdict.after) == ["down missed"]
    assert not rests_on_silence(verdict)


@pytest.mark.parametrize(
    ("check", "clock", "is_silence"),
    [
        pytest.param(HOURLY, "13:05", True, id="a miss"),
        pytest.param(HOURLY, "13:04", False, id="nothing yet"),
        pytest.param(
            a_check(last_success=at("12:00"), period=hours(1), grace=minutes(5), misses_before_alert=9),
            "13:05",
            True,
            id="a miss that is borne",
        ),
        pytest.param(
            a_check(status=Status.DOWN, since=at("12:00"), remind_every=hours(1)), "13:05", False, id="a reminder"
        ),
    ],
)
def test_the_door_is_looked_at_only_where_silence_counts(check: Check, clock: str, is_silence: bool) -> None:
    assert rests_on_silence(advance(check, now=at(clock))) is is_silence
