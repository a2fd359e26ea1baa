"""What a check still holds for others, as JSON in its own item: records of the history, alerts.

Instants are {"at": epoch seconds}, durations {"s": seconds}, so that they come back as what they were.
"""

import json
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib.domain.alerts import Alert, Facts, Kind, Reason
from chalicelib.domain.check import Flip, Judged, Record, Status

_MOSTLY_EMPTY = ("channels", "held_by")  # of an alert


def dump_records(records: tuple[Record, ...]) -> str:
    """Records as they stand in the item."""
    return _dumped([{"flip" if isinstance(record, Flip) else "judged": asdict(record)} for record in records])


def load_records(text: str) -> tuple[Record, ...]:
    """Records of an item."""
    return tuple(_record(value) for value in _loaded(text))


def _record(value: dict[str, Any]) -> Record:
    if "flip" in value:
        flip = value["flip"]
        return Flip(**flip | {"old": Status(flip["old"]), "new": Status(flip["new"]), "reason": _reason(flip)})
    return Judged(**value["judged"] | {"reason": _reason(value["judged"])})


def dump_alerts(alerts: tuple[Alert, ...]) -> str:
    """Alerts as they stand in the item: facts that are not known are left out."""
    values = [asdict(alert) for alert in alerts]
    for value in values:
        for name in _MOSTLY_EMPTY:
            if not value[name]:
                del value[name]
        value["facts"] = {name: fact for name, fact in value["facts"].items() if fact is not None}
    return _dumped(values)


def load_alerts(text: str) -> tuple[Alert, ...]:
    """Alerts of an item."""
    return tuple(_alert(value) for value in _loaded(text))


def _alert(value: dict[str, Any]) -> Alert:
    facts: dict[str, Any] = {
        name: tuple(fact) if isinstance(fact, list) else fact for name, fact in value["facts"].items()
    }
    lists = {name: tuple(value.get(name, ())) for name in _MOSTLY_EMPTY}
    return Alert(**value | lists | {"kind": Kind(value["kind"]), "reason": _reason(value), "facts": Facts(**facts)})


def _reason(value: dict[str, Any]) -> Reason | None:
    return None if value["reason"] is None else Reason(value["reason"])


def _dumped(value: list[dict[str, Any]]) -> str:
    return json.dumps(value, default=_tagged, separators=(",", ":"), ensure_ascii=False)


def _tagged(value: object) -> dict[str, float]:
    match value:
        case datetime():
            return {"at": round(value.timestamp(), 3)}
        case timedelta():
            return {"s": round(value.total_seconds(), 3)}
        case _:
            raise TypeError(f"{value!r} has no place in an outbox")


def _loaded(text: str) -> Any:
    return json.loads(text, object_hook=_untagged)


def _untagged(value: dict[str, Any]) -> Any:
    if value.keys() == {"at"}:
        return datetime.fromtimestamp(value["at"], UTC)
    if value.keys() == {"s"}:
        return timedelta(seconds=value["s"])
    return value
