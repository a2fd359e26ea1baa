"""Kinds of values that are numbers: durations, limits, counts."""

import re
from datetime import timedelta
from typing import Any

from chalicelib.domain.durations import LONGEST, SHORTEST, parse_duration
from chalicelib.domain.field_errors import FieldError, spelled
from chalicelib.fields.kinds import AUTO, MOST_ITEMS, OFF, Kind, Schema, require_text


class Duration(Kind):
    """A span of time; JSON has whole seconds. Where the shortest is none at all, `off` means that."""

    placeholder = "DURATION"
    shown: Schema = {"type": "integer", "minimum": 0}

    def __init__(self, least: timedelta = SHORTEST, most: timedelta = LONGEST) -> None:
        self.bound = (least, most)
        self.least_s, self.most_s = round(least.total_seconds()), round(most.total_seconds())
        self.can_be_off = self.least_s == 0
        self.schema = {"type": "integer", "minimum": self.least_s, "maximum": self.most_s}

    def parse(self, field: str, text: str) -> Any:
        if text.strip().lower() == OFF and self.can_be_off:
            return timedelta()
        return parse_duration(field, text.strip(), shortest=self.bound[0], longest=self.bound[1])

    def read(self, field: str, value: Any) -> Any:
        """`true` counts as 1, as it does in Healthchecks."""
        if not isinstance(value, int) or (isinstance(value, bool) and self.least_s <= 1):
            raise FieldError(field, "not_number", value=value)
        if value < self.least_s:
            raise FieldError(field, "too_small", bound=self.bound, value=value)
        if value > self.most_s:
            raise FieldError(field, "too_large", bound=self.bound, value=value)
        return timedelta(seconds=value)

    def text(self, value: Any) -> str:
        return OFF if not value and self.least_s == 0 else spelled(value)

    def json(self, value: Any) -> object:
        return int(value.total_seconds())

    def dump(self, value: Any) -> object:
        return value.total_seconds()

    def load(self, stored: Any) -> Any:
        return timedelta(seconds=stored)


class Limit(Duration):
    """A duration, or None for no limit: `off` in a text, null in JSON. Some can be AUTO: learned from the runs."""

    def __init__(self, least: timedelta = SHORTEST, most: timedelta = LONGEST, *, can_be_auto: bool = False) -> None:
        super().__init__(least, most)
        self.can_be_off, self.can_be_auto = True, can_be_auto
        self.placeholder = "DURATION|auto" if can_be_auto else "DURATION"
        types = ["integer", "string", "null"] if can_be_auto else ["integer", "null"]
        self.schema = {**self.schema, "type": types} | ({"pattern": f"^{AUTO}$"} if can_be_auto else {})
        choices = [Duration.shown, *([{"const": AUTO}] if can_be_auto else []), {"type": "null"}]
        self.shown = {"anyOf": choices}

    def parse(self, field: str, text: str) -> timedelta | str | None:
        word = text.strip().lower()
        if word == OFF:
            return None
        return AUTO if word == AUTO and self.can_be_auto else super().parse(field, text)

    def read(self, field: str, value: Any) -> timedelta | str | None:
        if value is None:
            return None
        if not self.can_be_auto or isinstance(value, int):
            found: timedelta = super().read(field, value)
            return found
        if require_text(field, value) != AUTO:
            raise FieldError(field, "not_duration", value=value)
        return AUTO

    def text(self, value: timedelta | str | None) -> str:
        if value is None:
            return OFF
        return value if isinstance(value, str) else super().text(value)

    def json(self, value: timedelta | str | None) -> object:
        return value if value is None or isinstance(value, str) else super().json(value)

    def dump(self, value: timedelta | None) -> object:
        return None if value is None else super().dump(value)

    def load(self, stored: Any) -> timedelta | None:
        return None if stored is None else super().load(stored)


def parse_count(field: str, text: str, *, least: int = 1, most: int = MOST_ITEMS) -> int:
    """A whole number within its bounds. Raises FieldError."""
    if not re.fullmatch("[0-9]+", text.strip()):
        raise FieldError(field, "not_count", bound=(least, most), value=text)
    return _within(field, int(text.strip().lstrip("0")[:17] or "0"), (least, most))


def _within(field: str, number: int, bound: tuple[int, int]) -> int:
    if number < bound[0]:
        raise FieldError(field, "too_small", bound=bound, value=number)
    if number > bound[1]:
        raise FieldError(field, "too_large", bound=bound, value=number)
    return number


class Count(Kind):
    """A whole number. One that can be off is None then: `off` in a text, null in JSON."""

    placeholder = "N"

    def __init__(self, least: int = 1, most: int = MOST_ITEMS, *, can_be_off: bool = False) -> None:
        self.bound, self.can_be_off = (least, most), can_be_off
        self.schema = {
            "type": ["integer", "null"] if can_be_off else "integer",
            "minimum": least,
            "maximum": most,
        }
        number: Schema = {"type": "integer", "minimum": 0}
        self.shown = {"anyOf": [number, {"type": "null"}]} if can_be_off else number

    def parse(self, field: str, text: str) -> int | None:
        word = text.strip()
        if word.lower() == OFF and self.can_be_off:
            return None
        return parse_count(field, text, least=self.bound[0], most=self.bound[1])

    def read(self, field: str, value: Any) -> int | None:
        if value is None and self.can_be_off:
            return None
        if not isinstance(value, int) or isinstance(value, bool):
            raise FieldError(field, "not_number", value=value)
        return _within(field, value, self.bound)

    def text(self, value: int | None) -> str:
        return OFF if value is None else str(value)


class InARow(Count):
    """How many of something in a row, before something else happens."""

    def __init__(self, one: str, several: str) -> None:
        super().__init__(1, 100)
        self.one, self.several = one, several

    def amount(self, value: int) -> str:
        """A number of them: 1 failure, 3 failures."""
        return f"{value:,} {self.one if value == 1 else self.several}"
