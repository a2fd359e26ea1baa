"""Whatever somebody pings, a check's item stays below 8 kB, its configuration not counted
(docs/reference/rules.md, rule 21; docs/adr/0018).
"""

import random
from dataclasses import fields, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from benchmarks.capacity import size
from chalicelib.domain.alerts import Kind, Reason
from chalicelib.domain.check import Beat, Check, End, Pace, Run, Status, Window
from chalicelib.domain.limits import item_size
from chalicelib.domain.ping import Ping, Signal, heard
from chalicelib.domain.receive import receive
from chalicelib.domain.runs.ended_runs import MAX_ENDS
from chalicelib.store.codecs import check_codec
from tests.builders import a_check, a_ping, after, beat_of, hours, minutes, seconds, utc

NOON = utc("2026-03-01T12:00:00.123Z")
BODIES = (
    "",
    "done",
    "🐘" * 4_000,
    "\x01" * 4_000,
    '"\\' * 4_000,
    "数据库备份失败。" * 500,
    "line\n" * 900,
    "x" * 10_000,
)
CONFIGS: tuple[dict[str, Any], ...] = (
    {"grace": minutes(1)},
    {"max_runtime": minutes(2), "failures_before_alert": 3, "misses_before_alert": 3},
    {"learns_max_runtime": True, "remind_every": hours(1), "min_runtime": seconds(2)},
    {"min_count": 10**15, "count_window": minutes(1)},
)


def own_bytes(check: Check) -> int:
    """What the item takes beside the configuration."""
    item = check_codec.to_item(check)
    return size({name: value for name, value in item.items() if name not in ("config", "slug")})


def rid(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012}" if number else ""


def taken(check: Check, ping: Ping) -> Check:
    """The check after a ping, as `take` takes it: records that are many have been put into the history before."""
    if len(check.records) >= item_size.MOST_RECORDS:
        check = replace(check, records=())
    return receive(check, ping, heard(check, ping)).after


def a_flood(chance: random.Random, at: datetime) -> Ping:
    signal = chance.choice([*Signal] + [Signal.START, Signal.LOG] * chance.randrange(3))
    return a_ping(
        signal,
        at=at,
        rid=rid(chance.randrange(200)),
        count=chance.choice([None, 0, 10**15]),
        exit_status=chance.choice([None, 0, 255]),
        body=chance.choice(BODIES),
    )


@pytest.mark.parametrize("config", CONFIGS)
@pytest.mark.parametrize("seed", range(4))
def test_no_sequence_of_pings_makes_an_item_large(config: dict[str, Any], seed: int) -> None:
    """Nothing is ever published, and open runs pass their limits: the worst that an outage of SNS could do."""
    chance, at = random.Random(seed), NOON
    check = a_check(period=minutes(5), **config)
    for _ in range(300):
        at += timedelta(seconds=chance.choice([0.001, 0.5, 1, 20, 150] if seed % 2 else [0.001, 0.01]))
        check = taken(check, a_flood(chance, at))
        assert own_bytes(check) <= item_size._bytes(check) <= item_size.MOST_BYTES < 8 * 1024


def test_alerts_of_outages_while_sns_is_unavailable_do_not_pile_up() -> None:
    check = a_check(last_success=NOON, period=hours(1))
    for number in range(1, 200):
        signal = Signal.FAIL if number % 2 else Signal.SUCCESS
        check = taken(check, a_ping(signal, at=NOON + seconds(number), body="\x01" * 4_000))
        assert own_bytes(check) < 8 * 1024
    waiting = [(alert.kind, alert.flip) for alert in check.alerts]
    newest = check.n_flips
    assert waiting == [
        *((Kind.DOWN, newest - 4), (Kind.UP, newest - 3)),
        *((Kind.DOWN, newest - 2), (Kind.UP, newest - 1)),
        (Kind.DOWN, newest),
    ]


def test_the_recovery_alert_of_an_outage_that_was_alerted_is_kept() -> None:
    check = a_check(last_success=NOON, period=hours(1))
    check = replace(after(check, a_ping(Signal.FAIL, at=NOON + seconds(1))), alerts=())  # the "down" was sent
    for number in range(2, 100):
        signal = Signal.FAIL if number % 2 else Signal.SUCCESS
        check = taken(check, a_ping(signal, at=NOON + seconds(number)))
    assert (check.alerts[0].kind, check.alerts[0].flip) == (Kind.UP, 3)


def test_the_oldest_log_lines_go_first_and_all_runs_stay() -> None:
    check = a_check(last_success=NOON, period=hours(1), max_runtime=hours(9))
    for number in range(1, 101):
        check = after(check, a_ping(Signal.START, at=NOON + seconds(number), rid=rid(number)))
    for number in range(1, 101):
        check = beat_of(check, a_ping(Signal.LOG, at=NOON + seconds(200), rid=rid(number), body="🐘" * 120)).after
    assert len(check.runs) == 100
    kept = [run.rid for run in check.runs if run.log]
    assert kept == [rid(100)]


def test_an_alert_keeps_the_end_of_its_output_where_not_all_of_it_fits() -> None:
    runs = tuple(Run(rid=rid(number), at=NOON, log="x" * 120) for number in range(1, 90))
    check = a_check(last_success=NOON, period=hours(1), runs=runs)
    failed = after(check, a_ping(Signal.FAIL, at=NOON + seconds(1), body="数" * 900 + "the error"))
    output = failed.alerts[0].facts.output
    assert output.endswith("数the error")
    assert len(output) < 400
    assert len(failed.runs) == 88, "none but the one that the failure closed"


def test_a_heartbeat_leaves_the_outbox_alone() -> None:
    check = a_check(last_success=NOON, period=hours(1))
    check = after(check, a_ping(Signal.FAIL, at=NOON + seconds(1), body="数" * 1_000))
    for number in range(1, 120):
        ping = a_ping(Signal.START, at=NOON + seconds(number + 1), rid=rid(number))
        outcome = receive(check, ping, ping.signal)
        assert isinstance(outcome, Beat)
        assert outcome.after.alerts is check.alerts
        check = outcome.after
        assert own_bytes(check) < 8 * 1024


def test_an_ordinary_check_keeps_all_it_has() -> None:
    runs = tuple(Run(rid=rid(number), at=NOON, log="x" * 120) for number in range(1, 11))
    check = a_check(last_success=NOON, period=hours(1), runs=runs)
    failed = after(check, a_ping(Signal.FAIL, at=NOON + seconds(1), body="y" * 1_000))
    assert [run.log for run in failed.runs] == ["x" * 120] * 9
    assert failed.alerts[0].facts.output == "y" * 1_000


def test_the_other_attributes_take_no_more_than_is_set_aside() -> None:
    texts: dict[str, Any] = {"status": Status.PAUSED, "reason": Reason.TOO_SHORT, "last_output": "🐘" * 120}
    packed: dict[str, Any] = {"recent": b"x" * 120, "pace": Pace(29_539_440, 10**12)}
    counted: dict[str, Any] = {"window": Window(at=NOON, count=10**18 - 1), "last_duration": hours(71.9999)}
    ends = tuple(End(mark=f"{number:08x}", at=NOON) for number in range(MAX_ENDS))
    full = texts | packed | counted | {"ended": ends, "is_untold": True}
    left_out = {*full, "code", "project", "config", "runs", "records", "alerts"}  # the last three are counted apart
    left_out |= {"in_groups", "escalated", "acknowledged_by"}  # by operators
    for field in fields(Check):
        if field.name not in left_out:
            full[field.name] = NOON if "datetime" in str(field.type) else 10**9 - 1
    assert own_bytes(replace(a_check(last_success=NOON), **full)) <= item_size.OTHER_BYTES
