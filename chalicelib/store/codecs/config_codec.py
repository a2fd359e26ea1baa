"""A configuration as JSON, one attribute of the check's item, and back.

One attribute, since nothing is ever asked of its parts: DynamoDB's answer is read faster, and a warm function that
meets the same text again need not read it at all. What is the default is left out. Durations are seconds.
"""

import json
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from chalicelib.domain.config import Config, Filters
from chalicelib.domain.schedule.occurrences import AnyOf, Cron, Every, OnCalendar, Schedule
from chalicelib.domain.sources.probe import Probe
from chalicelib.domain.sources.probe_json import from_json, what_differs

if TYPE_CHECKING:  # most checks have no steps
    from chalicelib.domain.config import Group, Step

_PLAIN = Config()
_UNFILTERED = Filters()


def dump(config: Config) -> str:
    """The configuration as it is stored."""
    said = _said(config, _PLAIN)
    return json.dumps(said, separators=(",", ":"), ensure_ascii=False)


def _said(value: Config | Filters, plain: Config | Filters) -> dict[str, Any]:
    """The fields that are not the default."""
    pairs = ((each.name, getattr(value, each.name)) for each in fields(value))
    return {name: _stored(field) for name, field in pairs if field != getattr(plain, name)}


def _stored(field: object) -> object:
    match field:
        case timedelta():
            return field.total_seconds()
        case datetime():
            return {"at": round(field.timestamp(), 3)}
        case Every(period):
            return {"every": period.total_seconds()}
        case Cron(expression, tz):
            return {"cron": expression, "tz": tz}
        case OnCalendar(expression, tz):
            return {"calendar": expression, "tz": tz}
        case AnyOf(lines):
            return {"any": [_stored(line) for line in lines]}
        case Filters():
            return _said(field, _UNFILTERED)
        case Probe():
            return what_differs(field)
        case tuple():
            return field if all(isinstance(each, str) for each in field) else _stored_steps(field)
        case None | str() | int() | float():
            return field
        case _:
            return _stored_group(field)


def _stored_group(group: Any) -> dict[str, object]:
    from chalicelib.domain.rules.groups import as_json  # most checks are none: a cold start goes without

    return as_json(group)


def _loaded_group(said: Any) -> "Group":
    from chalicelib.domain.rules.groups import from_json as group_from_json  # as above

    return group_from_json(said)


def _stored_steps(steps: tuple[Any, ...]) -> list[dict[str, object]]:
    from chalicelib.domain.rules.escalation import as_json  # most checks have none: a cold start goes without

    return [as_json(step) for step in steps]


def dump_steps(steps: "tuple[Step, ...]") -> str:
    """Escalation steps as an attribute of their own."""
    return json.dumps(_stored_steps(steps), separators=(",", ":"), ensure_ascii=False)


def load_steps(text: str) -> "tuple[Step, ...]":
    """The steps of such an attribute."""
    return _loaded_steps(json.loads(text))


def _loaded_steps(said: Any) -> "tuple[Step, ...]":
    from chalicelib.domain.rules.escalation import from_json as steps_from_json  # as above

    return steps_from_json(said)


_DURATIONS = frozenset({"grace", "max_runtime", "min_runtime", "count_window", "remind_every", "early"})


@lru_cache(maxsize=1024)
def load(text: str) -> Config:
    """The configuration of an item."""
    return Config(**{name: _read(name, value) for name, value in json.loads(text).items()})


def _read(name: str, value: Any) -> Any:
    if name in _DURATIONS:
        return None if value is None else timedelta(seconds=value)
    match name:
        case "schedule":
            return _schedule(value)
        case "channels" | "windows" | "depends_on":
            return tuple(value)
        case "first_ping_by":
            is_instant = isinstance(value, dict)
            return datetime.fromtimestamp(value["at"], UTC) if is_instant else timedelta(seconds=value)
        case "filters":
            return Filters(**value)
        case "group":
            return _loaded_group(value)
        case "escalation":
            return _loaded_steps(value)
        case "probe":
            return from_json(value)
        case _:
            return value


def _schedule(value: dict[str, Any]) -> Schedule:
    match value:
        case {"every": period}:
            return Every(timedelta(seconds=period))
        case {"any": lines}:
            return AnyOf(tuple(_expression(line) for line in lines))
        case _:
            return _expression(value)


def _expression(value: dict[str, Any]) -> Cron | OnCalendar:
    match value:
        case {"cron": expression, "tz": tz}:
            return Cron(expression, tz)
        case _:
            return OnCalendar(value["calendar"], value["tz"])
