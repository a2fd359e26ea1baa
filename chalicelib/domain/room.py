"""Keep what pings add to a check's item below 8 kB, or reads and writes of it would cost many times as much (ADR 0018).

Start at `fitted` and `with_room_for_runs`. Sizes are upper bounds of DynamoDB's own (Developer Guide, "Item sizes and
formats"); tests/properties/test_item_size.py compares them with encoded items. The configuration does not count, nor
does what operators, steps, parents and members add.
"""

import json
from dataclasses import replace

from chalicelib.domain.alerts import Alert, Kind
from chalicelib.domain.check import Check, Run

MOST_BYTES = 8_100
OTHER_BYTES = 1_550  # all attributes but these: names, instants, counters, the strip, the last output, the ends of runs
RECORD_BYTES = 130
ALERT_BYTES = 900  # without its output
RUN_BYTES = 60
LOG_BYTES = 4  # beside its text
_QUOTES = 2
MOST_RECORDS = 10  # pings are refused while so many wait: the history cannot be written
MOST_OUTAGES = 2  # that began and ended while no alert could be published; of older ones only the history says so


def fitted(check: Check) -> Check:
    """The check after a decision, made to fit: log lines go first, then outputs within alerts, then open runs.

    Of each the oldest, and no more than it takes. Before that, outages that are over while all their alerts still wait
    are dropped from the outbox, but for the newest two.
    """
    if not check.runs and not check.alerts:
        return check
    if len(check.alerts) > 2 * MOST_OUTAGES:
        check = replace(check, alerts=_without_old_outages(check.alerts))
    over = _bytes(check) - MOST_BYTES
    if over <= 0:
        return check
    check = _without_old_lines(check, over)
    over = _bytes(check) - MOST_BYTES
    if over > 0:
        check = replace(check, alerts=_with_shorter_outputs(check.alerts, over))
    return _without_old_runs(check)


def with_room_for_runs(check: Check) -> Check:
    """The same after a heartbeat, which must leave the outbox alone."""
    if not check.runs:
        return check
    over = _bytes(check) - MOST_BYTES
    return check if over <= 0 else _without_old_runs(_without_old_lines(check, over))


def _bytes(check: Check) -> int:
    """What its item takes at most, without the configuration."""
    return (
        OTHER_BYTES
        + RECORD_BYTES * len(check.records)
        + sum(ALERT_BYTES + _as_json(alert.facts.output) for alert in check.alerts)
        + sum(RUN_BYTES + _line_bytes(run) for run in check.runs)
    )


def _line_bytes(run: Run) -> int:
    return LOG_BYTES + len(run.log.encode()) if run.log else 0


def _as_json(text: str) -> int:
    """The bytes of a text within an alert: a control character takes six."""
    return len(json.dumps(text, ensure_ascii=False).encode()) if text else 0


def _without_old_lines(check: Check, over: int) -> Check:
    runs = []
    for run in check.runs:  # oldest first
        gain = _line_bytes(run) if over > 0 else 0
        over -= gain
        runs.append(replace(run, log="") if gain else run)
    return replace(check, runs=tuple(runs))


def _with_shorter_outputs(alerts: tuple[Alert, ...], over: int) -> tuple[Alert, ...]:
    """Each keeps the end of what the job said: the error is there."""
    shorter = []
    for alert in alerts:
        output = alert.facts.output
        if over > 0 and output:
            rest = _end(output, _as_json(output) - over)
            over -= _as_json(output) - _as_json(rest)
            alert = replace(alert, facts=replace(alert.facts, output=rest))
        shorter.append(alert)
    return tuple(shorter)


def _end(text: str, most_bytes: int) -> str:
    """The end of a text that takes so many bytes within an alert; "" where none fit."""
    start, left = len(text), most_bytes - _QUOTES
    while start > 0 and (left := left - _as_json(text[start - 1]) + _QUOTES) >= 0:
        start -= 1
    return text[start:]


def _without_old_runs(check: Check) -> Check:
    over = _bytes(check) - MOST_BYTES
    if over <= 0:
        return check
    dropped = -(-over // RUN_BYTES)  # their lines have gone before
    return replace(check, runs=check.runs[dropped:])


def _without_old_outages(alerts: tuple[Alert, ...]) -> tuple[Alert, ...]:
    """Drop the alerts of outages that are over, if both "down" and "up" still wait, but for the newest ones."""
    ended = {alert.flip for alert in alerts if alert.kind is Kind.UP}
    over = [alert.flip for alert in alerts if alert.kind is Kind.DOWN and alert.flip + 1 in ended]
    dropped = {number for flip in over[:-MOST_OUTAGES] for number in (flip, flip + 1)}
    return tuple(alert for alert in alerts if alert.flip not in dropped)
