"""Kinds of values that say when a success is expected: a period, expressions, and the first ping."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib.domain.durations import is_duration, parse_instant
from chalicelib.domain.errors import BadInput
from chalicelib.domain.field_errors import FieldError
from chalicelib.domain.schedule.aliases import without_alias
from chalicelib.domain.schedule.occurrences import LONGEST as LONGEST_EXPRESSION
from chalicelib.domain.schedule.occurrences import (
    AnyOf,
    Cron,
    Every,
    OnCalendar,
    Schedule,
    parse_expression,
    parse_schedule,
)
from chalicelib.domain.schedule.parse import parse_schedules
from chalicelib.fields.kinds import OFF, Kind, Limit, Schema, require_text
from chalicelib.fields.list_kinds import Texts

LONGEST_INSTANT = 40  # characters
_PERIOD = r"(?:every )?[0-9]+ ?[smhdw]"


def as_expression(field: str, text: str) -> str:
    """What a person typed for an expression, an alias such as @daily written out. Raises FieldError for a period."""
    word = text.strip()
    if re.fullmatch(_PERIOD, word):
        raise FieldError(field, "is_period", value=word.removeprefix("every "))
    return without_alias(text)


def _not_a_schedule(field: str, text: str, error: BadInput, *, is_item: bool = False) -> FieldError:
    return FieldError(field, "not_schedule", value=text, detail=str(error), is_item=is_item)


class Expression(Kind):
    """Cron, or lines of OnCalendar. The value that is read is a text; `merge` adds the zone.

    That of JSON stays as it was sent, spaces included, since answers show it.
    """

    placeholder = "EXPRESSION"
    schema: Schema = {"type": "string", "maxLength": LONGEST_EXPRESSION}
    shown: Schema = {"type": "string"}

    def parse(self, field: str, text: str) -> str:
        return self.read(field, as_expression(field, text).strip())

    def read(self, field: str, value: Any) -> str:
        text = require_text(field, value, longest=LONGEST_EXPRESSION)
        try:
            parse_schedule(text, "UTC")
        except BadInput as error:
            raise _not_a_schedule(field, text, error) from error
        return text

    def dump(self, value: Schedule) -> object:
        match value:
            case Every(period):
                return {"every": period.total_seconds()}
            case Cron(expression, tz):
                return {"cron": expression, "tz": tz}
            case OnCalendar(expression, tz):
                return {"calendar": expression, "tz": tz}
            case AnyOf(lines):
                return {"any": [self.dump(line) for line in lines]}

    def load(self, stored: Any) -> Schedule:
        match stored:
            case {"every": period}:
                return Every(timedelta(seconds=period))
            case {"any": lines}:
                return AnyOf(tuple(_line(line) for line in lines))
            case _:
                return _line(stored)


def _line(stored: dict[str, Any]) -> Cron | OnCalendar:
    match stored:
        case {"cron": expression, "tz": tz}:
            return Cron(expression, tz)
        case _:
            return OnCalendar(stored["calendar"], stored["tz"])


class Expressions(Texts):
    """Several expressions, any of which may match. The value that is read is a tuple of texts."""

    placeholder = "EXPRESSIONS"

    def item(self, field: str, text: str) -> str:
        text = as_expression(field, super().item(field, text))
        try:
            parse_expression(text, "UTC")
        except BadInput as error:
            raise _not_a_schedule(field, text, error, is_item=True) from error
        return text

    def whole(self, field: str, items: Sequence[str]) -> tuple[str, ...]:
        found = super().whole(field, items)
        try:
            parse_schedules(found, "UTC")
        except BadInput as error:
            raise _not_a_schedule(field, "\n".join(found), error, is_item=True) from error
        return found


class FirstPing(Limit):
    """When the first success must have come: a span since the check began, an instant, or None.

    An instant without an offset is read as the text that it was; `merge` puts it into the check's zone.
    """

    def __init__(self) -> None:
        super().__init__()
        self.placeholder = "DURATION|INSTANT"
        self.schema = {**self.schema, "type": ["integer", "string", "null"], "maxLength": LONGEST_INSTANT}
        instant: Schema = {"type": "string", "format": "date-time"}
        self.shown = {"anyOf": [{"type": "integer", "minimum": 0}, instant, {"type": "null"}]}

    def parse(self, field: str, text: str) -> timedelta | str | None:
        word = text.strip()
        return super().parse(field, word) if word.lower() == OFF or is_duration(word) else self.read(field, word)

    def read(self, field: str, value: Any) -> timedelta | str | None:
        if value is None or isinstance(value, int):
            return super().read(field, value)
        text = require_text(field, value, longest=LONGEST_INSTANT)
        parse_instant(field, text, "UTC")
        return text

    def text(self, value: Any) -> str:
        return _iso(value) if isinstance(value, datetime) else super().text(value)

    def json(self, value: Any) -> object:
        return _iso(value) if isinstance(value, datetime) else super().json(value)

    def dump(self, value: Any) -> object:
        return {"at": round(value.timestamp(), 3)} if isinstance(value, datetime) else super().dump(value)

    def load(self, stored: Any) -> Any:
        return datetime.fromtimestamp(stored["at"], UTC) if isinstance(stored, dict) else super().load(stored)


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
