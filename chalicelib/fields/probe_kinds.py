"""The kind of a probe, and those of its parts that only probes have."""

import re
from datetime import timedelta
from typing import Any

from chalicelib.domain.durations import UNIT_S
from chalicelib.domain.field_errors import FieldError
from chalicelib.domain.sources import probe as probes
from chalicelib.domain.sources import probe_json
from chalicelib.domain.sources.probe import Probe
from chalicelib.fields.kinds import OFF, Choice, Flag, Kind, Schema, Text, require_text
from chalicelib.fields.number_kinds import Count, Duration
from chalicelib.fields.object_kinds import require_object


class Latency(Kind):
    """A span below the longest that a probe may take: `800ms`, `1.5s`, `10`. JSON has seconds, with a fraction."""

    placeholder = "DURATION"

    def __init__(self, least: timedelta, *, can_be_off: bool = False) -> None:
        self.bound, self.can_be_off = (least, probes.LONGEST_TIMEOUT), can_be_off
        bounds = {"minimum": least.total_seconds(), "maximum": self.bound[1].total_seconds()}
        self.schema = {"type": ["number", "null"] if can_be_off else "number", **bounds}

    def parse(self, field: str, text: str) -> timedelta | None:
        word = text.strip().lower()
        if word == OFF and self.can_be_off:
            return None
        found = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]{1,9})?) ?(ms|[smhdw]?)", word)
        if found is None:
            raise FieldError(field, "not_duration", bound=self.bound, value=text)
        return self._within(field, float(found[1]) * (0.001 if found[2] == "ms" else UNIT_S[found[2]]), text)

    def read(self, field: str, value: Any) -> timedelta | None:
        if value is None and self.can_be_off:
            return None
        if not isinstance(value, int | float) or isinstance(value, bool) or value != value:  # NaN
            raise FieldError(field, "not_number", value=value)
        return self._within(field, value, value)

    def _within(self, field: str, seconds: float, value: object) -> timedelta:
        least, most = self.bound
        if not seconds >= least.total_seconds():
            raise FieldError(field, "too_small", bound=self.bound, value=value)
        if seconds > most.total_seconds():
            raise FieldError(field, "too_large", bound=self.bound, value=value)
        return timedelta(seconds=round(seconds, 3))

    def text(self, value: timedelta | None) -> str:
        if value is None:
            return OFF
        seconds = value.total_seconds()
        return f"{seconds:g}s" if seconds >= 1 else f"{seconds * 1000:g}ms"

    def json(self, value: timedelta | None) -> object:
        return None if value is None else probe_json.seconds(value)


class Headers(Kind):
    """Headers of a request by name. JSON has an object."""

    schema: Schema = {"type": "object", "additionalProperties": {"type": "string"}}

    def read(self, field: str, value: Any) -> tuple[tuple[str, str], ...]:
        said = require_object(field, value, known=None)
        return tuple((name, require_text(f"{field}.{name}", each)) for name, each in said.items())

    def json(self, value: Any) -> object:
        return dict(value)


class Statuses(Text):
    """HTTP statuses: `200`, `2xx`, `200-299,401`. JSON may have a number."""

    def __init__(self) -> None:
        super().__init__(100)
        self.schema = {"type": ["string", "integer"], "examples": ["200", "2xx", "200-299,401"]}

    def read(self, field: str, value: Any) -> str:
        is_number = isinstance(value, int) and not isinstance(value, bool)
        return super().read(field, str(value) if is_number else value)


class Probing(Kind):
    """What Overdue requests by itself instead of waiting for pings; None: nothing."""

    is_plain = False
    can_be_off = True
    placeholder = "URL"
    parts: dict[str, Kind] = {
        "url": Text(probes.LONGEST_URL),
        "method": Choice({method: method for method in probes.METHODS}),
        "headers": Headers(),
        "expect_status": Statuses(),
        "expect_text": Text(probes.LONGEST_TEXT),
        "timeout": Latency(timedelta(seconds=1)),
        "every": Duration(probes.SHORTEST_EVERY, probes.LONGEST_EVERY),
        "follow_redirects": Flag(),
        "certificate_days": Count(0, probes.MOST_CERTIFICATE_DAYS),
        "slow": Latency(timedelta(milliseconds=1), can_be_off=True),
    }

    def __init__(self) -> None:
        parts = {name: kind.schema for name, kind in self.parts.items()}
        parts["url"] = {**parts["url"], "pattern": "^[Hh][Tt][Tt][Pp][Ss]?://"}
        parts["every"] = {**parts["every"], "multipleOf": 60}
        about = "What Overdue asks by itself, instead of waiting for pings; durations in seconds"
        found: Schema = {"description": about, "additionalProperties": False, "properties": parts}
        self.schema = {"type": ["object", "null"], "required": ["url"], **found}
        self.shown = {**self.schema, "required": sorted(parts)}

    def parse(self, field: str, text: str) -> Probe | None:
        return None if text.strip().lower() == OFF else self.read(field, {"url": text})

    def read(self, field: str, value: Any) -> Probe | None:
        if value is None:
            return None
        said = require_object(field, value, known=tuple(self.parts), needed=("url",))
        return probes.sound(Probe(**{name: self.parts[name].read(f"{field}.{name}", said[name]) for name in said}))

    def text(self, value: Probe | None) -> str:
        return OFF if value is None else value.url

    def json(self, value: Probe | None) -> object:
        return None if value is None else probe_json.as_json(value)

    def dump(self, value: Probe | None) -> object:
        return None if value is None else probe_json.what_differs(value)

    def load(self, stored: Any) -> Probe | None:
        return None if stored is None else probe_json.from_json(stored)
