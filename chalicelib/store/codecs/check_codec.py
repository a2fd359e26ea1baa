"""A check as a DynamoDB item, and back: the one codec of a check.

Instants are epoch seconds with a millisecond fraction, durations are seconds. What is None, empty, zero or the
default is left out, so that a plain check stays under 1 kB, which is one write unit.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib.domain.alerts import Reason
from chalicelib.domain.check import Check, End, Pace, Run, Status, Window
from chalicelib.domain.config import Config
from chalicelib.domain.ids import Code
from chalicelib.store.codecs import config_codec
from chalicelib.store.codecs.outbox_codec import dump_alerts, dump_records, load_alerts, load_records
from chalicelib.store.tables import SCHEMA, SHARDS

Item = Mapping[str, Any]  # DynamoDB's own JSON: {"code": {"S": "…"}, …}

_NO_RID = "-"  # a map's key must not be empty; no rid is a lone hyphen
_NO_SLUG = "#"  # nor may an index key, and listing goes by that index


def shard(code: Code) -> int:
    """The shard of the due index in which a check stands: its last hex digit is random."""
    return int(code[-1], 16) % SHARDS


def instant(at: datetime) -> str:
    """An instant as DynamoDB's number."""
    return f"{at.timestamp():.3f}"


def seconds(span: timedelta) -> str:
    """A duration as DynamoDB's number."""
    return f"{span.total_seconds():.3f}".rstrip("0").rstrip(".")


def run_key(rid: str) -> str:
    """The key of a run in the map of runs."""
    return rid or _NO_RID


def run_value(run: Run) -> dict[str, Any]:
    """A run in the map of runs."""
    value: dict[str, Any] = {"at": {"N": instant(run.at)}}
    if run.log:
        value["log"] = {"S": run.log}
    if run.overran:
        value["overran"] = {"BOOL": True}
    return {"M": value}


def ended_value(ended: tuple[End, ...]) -> dict[str, Any] | None:
    """The map of ends; None when it is to be left out."""
    return {"M": {end.mark: _at(end.at) for end in ended}} if ended else None


def _text(value: str) -> dict[str, Any]:
    return {"S": value}


def _number(value: int) -> dict[str, Any]:
    return {"N": str(value)}


def _at(value: datetime) -> dict[str, Any]:
    return {"N": instant(value)}


def _span(value: timedelta) -> dict[str, Any]:
    return {"N": seconds(value)}


STATE: dict[str, Callable[[Any], dict[str, Any]]] = {
    "status": _text,
    "reason": _text,
    "since": _at,
    "settled_at": _at,
    "n_flips": _number,
    "recovered_at": _at,
    "pace": lambda value: {"S": f"{value.minute} {value.n_pings}"},
    "throttled_since": _at,
    "throttled_at": _at,
    "last_ping": _at,
    "last_success": _at,
    "last_duration": _span,
    "last_exit": _number,
    "last_output": _text,
    "failures": _number,
    "misses": _number,
    "passed_at": _at,
    "answered_at": _at,
    "counted_at": _at,
    "recent": lambda value: {"B": value},
    "reminders": _number,
    "escalated": lambda value: {"S": config_codec.dump_steps(value)},
    "snoozed_until": _at,
    "acknowledged_at": _at,
    "acknowledged_by": _text,
    "told_late_at": _at,
    "is_untold": lambda value: {"BOOL": value},
    "blind_since": _at,
    "blind_until": _at,
    "records": lambda value: {"S": dump_records(value)},
    "alerts": lambda value: {"S": dump_alerts(value)},
}
_ZERO_IS_NONE = frozenset({"n_flips", "failures", "misses", "reminders", "is_untold"})


def encoded(name: str, value: Any, encode: Callable[[Any], dict[str, Any]]) -> dict[str, Any] | None:
    """One attribute's value; None when it is to be left out."""
    if value is None or value == "" or value == () or value == b"" or (value == 0 and name in _ZERO_IS_NONE):
        return None
    return encode(value)


def config_attributes(config: Config) -> dict[str, dict[str, Any]]:
    """A configuration, and the slug once more, for its index."""
    return {"config": {"S": config_codec.dump(config)}, "slug": {"S": config.slug or _NO_SLUG}}


def index_attributes(check: Check) -> dict[str, dict[str, Any] | None]:
    """What puts a check into the due index, or takes it out."""
    if check.due_at is None:
        return {"due_at": None, "due_shard": None}
    return {"due_at": {"N": instant(check.due_at)}, "due_shard": {"N": str(shard(check.code))}}


def to_item(check: Check) -> dict[str, Any]:
    """A whole check, for its making."""
    state = {name: encoded(name, getattr(check, name), encode) for name, encode in STATE.items()}
    attributes: dict[str, dict[str, Any] | None] = {
        **config_attributes(check.config),
        **state,
        **index_attributes(check),
        "ended": ended_value(check.ended),
    }
    if check.window is not None:
        attributes |= {"window_at": _at(check.window.at), "window_count": _number(check.window.count)}
    if check.in_groups:
        attributes["in_groups"] = {"SS": list(check.in_groups)}
    attributes |= {
        "v": _number(SCHEMA),
        "code": {"S": check.code},
        "project": {"S": check.project},
        "created_at": _at(check.created_at),
        "version": _number(check.version),
        "n_pings": _number(check.n_pings),
        "runs": {"M": {run_key(run.rid): run_value(run) for run in check.runs}},
    }
    return {name: value for name, value in attributes.items() if value is not None}


def from_item(item: Item) -> Check:
    """The check of an item."""
    window_at = _instant_of(item, "window_at")
    code = Code(item["code"]["S"])
    return Check(
        code=code,
        project=item["project"]["S"],
        config=config_codec.load(item["config"]["S"]),
        created_at=_epoch(item["created_at"]["N"]),
        version=int(item["version"]["N"]),
        status=Status(item["status"]["S"]),
        reason=Reason(item["reason"]["S"]) if "reason" in item else None,
        since=_instant_of(item, "since"),
        settled_at=_instant_of(item, "settled_at"),
        n_flips=_int_of(item, "n_flips"),
        recovered_at=_instant_of(item, "recovered_at"),
        n_pings=int(item["n_pings"]["N"]),
        pace=_pace_of(item),
        throttled_since=_instant_of(item, "throttled_since"),
        throttled_at=_instant_of(item, "throttled_at"),
        last_ping=_instant_of(item, "last_ping"),
        last_success=_instant_of(item, "last_success"),
        last_duration=_span_of(item, "last_duration"),
        last_exit=int(item["last_exit"]["N"]) if "last_exit" in item else None,
        last_output=_text_of(item, "last_output"),
        failures=_int_of(item, "failures"),
        misses=_int_of(item, "misses"),
        passed_at=_instant_of(item, "passed_at"),
        runs=_runs_of(item["runs"]["M"]),
        ended=_ended_of(item["ended"]["M"]) if "ended" in item else (),
        answered_at=_instant_of(item, "answered_at"),
        window=None if window_at is None else Window(at=window_at, count=_int_of(item, "window_count")),
        counted_at=_instant_of(item, "counted_at"),
        recent=bytes(item["recent"]["B"]) if "recent" in item else b"",
        reminders=_int_of(item, "reminders"),
        escalated=config_codec.load_steps(item["escalated"]["S"]) if "escalated" in item else (),
        snoozed_until=_instant_of(item, "snoozed_until"),
        acknowledged_at=_instant_of(item, "acknowledged_at"),
        acknowledged_by=_text_of(item, "acknowledged_by"),
        told_late_at=_instant_of(item, "told_late_at"),
        is_untold="is_untold" in item,
        blind_since=_instant_of(item, "blind_since"),
        blind_until=_instant_of(item, "blind_until"),
        in_groups=tuple(sorted(item["in_groups"]["SS"])) if "in_groups" in item else (),
        records=load_records(item["records"]["S"]) if "records" in item else (),
        alerts=load_alerts(item["alerts"]["S"]) if "alerts" in item else (),
        due_at=_instant_of(item, "due_at"),
    )


def _pace_of(item: Item) -> Pace | None:
    found = item.get("pace")
    if found is None:
        return None
    minute, n_pings = found["S"].split()
    return Pace(int(minute), int(n_pings))


def _runs_of(value: Item) -> tuple[Run, ...]:
    runs = [
        Run(
            rid="" if key == _NO_RID else key,
            at=_epoch(run["M"]["at"]["N"]),
            log=_text_of(run["M"], "log"),
            overran="overran" in run["M"],
        )
        for key, run in value.items()
    ]
    return tuple(sorted(runs, key=lambda run: (run.at, run.rid))) if len(runs) > 1 else tuple(runs)


def _ended_of(value: Item) -> tuple[End, ...]:
    ends = [End(mark=mark, at=_epoch(at["N"])) for mark, at in value.items()]
    return tuple(sorted(ends, key=lambda end: (end.at, end.mark))) if len(ends) > 1 else tuple(ends)


def _epoch(number: str) -> datetime:
    return datetime.fromtimestamp(float(number), UTC)


def _instant_of(item: Item, name: str) -> datetime | None:
    found = item.get(name)
    return None if found is None else datetime.fromtimestamp(float(found["N"]), UTC)


def _span_of(item: Item, name: str) -> timedelta | None:
    found = item.get(name)
    return None if found is None else timedelta(seconds=float(found["N"]))


def _int_of(item: Item, name: str) -> int:
    found = item.get(name)
    return 0 if found is None else int(found["N"])


def _text_of(item: Item, name: str) -> str:
    found = item.get(name)
    return "" if found is None else str(found["S"])
