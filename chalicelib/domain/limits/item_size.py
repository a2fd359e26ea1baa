"""Keep the data that pings add to a check's item below 8 kB, because each ping reads and writes the item
(docs/reference/rules.md, rule 21; docs/adr/0018).

Start at `trim_to_size` and `trim_runs`. Sizes are upper bounds of DynamoDB's own (Developer Guide, "Item sizes and
formats"); tests/properties/test_item_size.py compares them with encoded items. Not counted: the configuration, and
what operators, escalation steps, parents and members add.
"""

import json
from dataclasses import replace

from chalicelib.domain.alerts import Alert, Kind
from chalicelib.domain.check import Check, Run

MOST_BYTES = 8_100
OTHER_BYTES = 1_550  # all other attributes: names, instants, counters, recent results, the last output, ends of runs
RECORD_BYTES = 130
ALERT_BYTES = 900  # without its output
RUN_BYTES = 60
LOG_BYTES = 4  # without its text
_QUOTES = 2
MOST_RECORDS = 10  # while so many wait for the history table, pings are refused
MOST_OUTAGES = 2  # whose alerts are kept while SNS is unavailable; older outages are only in the history


def trim_to_size(check: Check) -> Check:
    """Trim a check after a decision: drop log lines first, then outputs in alerts, then open runs.

    The oldest are dropped first, and no more than necessary. Before that, the alerts of outages that have ended while
    all of their alerts still wait are dropped from the outbox, except those of the newest two.
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


def trim_runs(check: Check) -> Check:
    """Trim a check after a heartbeat, which must not change the outbox: drop log lines first, then open runs."""
    if not check.runs:
        return check
    over = _bytes(check) - MOST_BYTES
    return check if over <= 0 else _without_old_runs(_without_old_lines(check, over))


def _bytes(check: Check) -> int:
    """The size of its item at most, without the configuration."""
    return (
        OTHER_BYTES
        + RECORD_BYTES * len(check.records)
        + sum(ALERT_BYTES + _json_bytes(alert.facts.output) for alert in check.alerts)
        + sum(RUN_BYTES + _line_bytes(run) for run in check.runs)
    )


def _line_bytes(run: Run) -> int:
    return LOG_BYTES + len(run.log.encode()) if run.log else 0


def _json_bytes(text: str) -> int:
    """The bytes of a text in an alert, stored as JSON: a control character takes six."""
    return len(json.dumps(text, ensure_ascii=False).encode()) if text else 0


def _without_old_lines(check: Check, over: int) -> Check:
    runs = []
    for run in check.runs:  # oldest first
        gain = _line_bytes(run) if over > 0 else 0
        over -= gain
        runs.append(replace(run, log="") if gain else run)
    return replace(check, runs=tuple(runs))


def _with_shorter_outputs(alerts: tuple[Alert, ...], over: int) -> tuple[Alert, ...]:
    """Shorten outputs at their beginning: the error is at the end."""
    shorter = []
    for alert in alerts:
        output = alert.facts.output
        if over > 0 and output:
            rest = _tail(output, _json_bytes(output) - over)
            over -= _json_bytes(output) - _json_bytes(rest)
            alert = replace(alert, facts=replace(alert.facts, output=rest))
        shorter.append(alert)
    return tuple(shorter)


def _tail(text: str, most_bytes: int) -> str:
    """The longest end of a text that fits into so many bytes as JSON; "" if nothing fits."""
    start, left = len(text), most_bytes - _QUOTES
    while start > 0 and (left := left - _json_bytes(text[start - 1]) + _QUOTES) >= 0:
        start -= 1
    return text[start:]


def _without_old_runs(check: Check) -> Check:
    over = _bytes(check) - MOST_BYTES
    if over <= 0:
        return check
    dropped = -(-over // RUN_BYTES)  # their log lines were dropped before
    return replace(check, runs=check.runs[dropped:])


def _without_old_outages(alerts: tuple[Alert, ...]) -> tuple[Alert, ...]:
    """Drop the alerts of outages whose "down" and "up" alerts both still wait, except the newest outages."""
    ended = {alert.flip for alert in alerts if alert.kind is Kind.UP}
    over = [alert.flip for alert in alerts if alert.kind is Kind.DOWN and alert.flip + 1 in ended]
    dropped = {number for flip in over[:-MOST_OUTAGES] for number in (flip, flip + 1)}
    return tuple(alert for alert in alerts if alert.flip not in dropped)
