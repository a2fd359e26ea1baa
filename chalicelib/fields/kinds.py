"""The kinds of values that a field can have: how each is read from text and from JSON, written, bounded and described.

A kind is the only place that knows the bounds of its values. Every edge reads with it, so that no edge accepts what
another refuses: `parse` for what a person types (CLI, YAML, form, `?create=1`), `read` for JSON (Management API),
`load` for what the store holds. All three return the same value: as `domain.check.Config` has it, unless the kind says
otherwise. Lists are in `list_kinds`, schedules in `schedule_kinds`, values with parts in `object_kinds`. Nothing here
imports a library: the module is loaded with every ping.
"""

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from chalicelib.domain.durations import LONGEST, SHORTEST, parse_duration
from chalicelib.domain.errors import BadInput
from chalicelib.domain.field_errors import FieldError, spelled
from chalicelib.domain.schedule.occurrences import current_zone
from chalicelib.domain.slugs import LONGEST_SLUG, slug_of

Schema = dict[str, Any]  # JSON Schema

OFF = "off"  # no limit, none of it
AUTO = "auto"  # learned from the check's runs
MOST_ITEMS = 10**15  # a larger count is not a number of items
LONGEST_TAGS = 500  # characters, of all tags of a check together


class Kind:
    """Reads, writes and describes the values of a field. `field` is its name, for errors. Errors are FieldErrors."""

    schema: Schema  # of a request
    shown: Schema  # of an answer
    placeholder = ""  # what the help of an option calls a value
    is_plain = True  # its value names nothing else in the project, and holds no secret
    can_be_off = False  # `off` is a value

    def parse(self, field: str, text: str) -> Any:
        """The value that a person typed."""
        return self.read(field, text)

    def read(self, field: str, value: Any) -> Any:
        """The value of a request's JSON."""
        raise NotImplementedError

    def text(self, value: Any) -> str:
        """What `parse` reads as this value."""
        return str(value)

    def json(self, value: Any) -> object:
        """What `read` reads as this value, and what an answer shows."""
        return value

    def dump(self, value: Any) -> object:
        """The value as the store holds it."""
        return value

    def load(self, stored: Any) -> Any:
        """The value that the store holds."""
        return stored


def require_text(field: str, value: object, *, longest: int | None = None, is_item: bool = False) -> str:
    """A text of at most so many characters. Raises FieldError."""
    if not isinstance(value, str):
        raise FieldError(field, "not_text", value=value, is_item=is_item)
    if longest is not None and len(value) > longest:
        raise FieldError(field, "too_long", bound=longest, value=value, is_item=is_item)
    return value


def require_no_nul(field: str, text: str) -> str:
    """A text without the character that AWS refuses. Raises FieldError."""
    if "\0" in text:
        raise FieldError(field, "has_nul", value=text)
    return text


class Text(Kind):
    """Any text, up to a number of characters."""

    placeholder = "TEXT"
    shown: Schema = {"type": "string"}

    def __init__(self, longest: int) -> None:
        self.longest = longest
        self.schema = {"type": "string", "maxLength": longest}

    def read(self, field: str, value: Any) -> str:
        """Refuse half a surrogate pair, which no UTF-8 has."""
        text = require_text(field, value, longest=self.longest)
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise FieldError(field, "not_text", value=text) from error
        return require_no_nul(field, text)


class Tag(Text):
    """One word."""

    def __init__(self, longest: int) -> None:
        super().__init__(longest)
        self.schema = {**self.schema, "pattern": "^\\S+$"}

    def read(self, field: str, value: Any) -> str:
        text = super().read(field, value)
        if len(text.split()) != 1:
            raise FieldError(field, "not_word", value=text)
        return text


class Tags(Text):
    """Words with spaces between them. JSON keeps them as they were sent, a person's text is normalized."""

    placeholder = "WORDS"

    def item(self, field: str, text: str) -> str:
        """One of the words. Raises FieldError."""
        return Tag(self.longest).read(field, text)

    def whole(self, field: str, words: Sequence[str]) -> str:
        """All of them, each once. Raises FieldError."""
        return self.parse(field, " ".join(words))

    def parse(self, field: str, text: str) -> str:
        return " ".join(dict.fromkeys(self.read(field, text).split()))


class Slug(Kind):
    """A name for URLs; empty: none."""

    placeholder = "SLUG"
    schema: Schema = {"type": "string", "maxLength": LONGEST_SLUG, "pattern": "^[a-z0-9_-]*$"}
    shown: Schema = {"type": "string"}

    def read(self, field: str, value: Any) -> str:
        text = require_text(field, value, longest=LONGEST_SLUG)
        if not re.fullmatch(r"[a-z0-9_-]*", text):
            raise FieldError(field, "not_slug", bound=slug_of(text), value=text)
        return text


class Flag(Kind):
    """True or false."""

    placeholder = "true|false"
    schema: Schema = {"type": "boolean"}
    shown = schema

    def parse(self, field: str, text: str) -> bool:
        if text not in ("true", "false"):
            raise FieldError(field, "not_flag", value=text)
        return text == "true"

    def read(self, field: str, value: Any) -> bool:
        if not isinstance(value, bool):
            raise FieldError(field, "not_flag", value=value)
        return value

    def text(self, value: bool) -> str:
        return "true" if value else "false"


class Choice(Kind):
    """One of some words, each of which stands for a value."""

    shown: Schema = {"type": "string"}

    def __init__(self, choices: dict[str, str]) -> None:
        self.choices = choices  # values by what a person types
        self.placeholder = "|".join(choices)
        self.schema = {"type": "string", "enum": list(choices.values())}

    def parse(self, field: str, text: str) -> str:
        if text not in self.choices:
            raise FieldError(field, "not_choice", bound=tuple(self.choices), value=text)
        return self.choices[text]

    def read(self, field: str, value: Any) -> str:
        if value not in self.choices.values():
            raise FieldError(field, "not_choice", bound=tuple(self.choices.values()), value=value)
        return str(value)

    def text(self, value: str) -> str:
        return next(word for word, each in self.choices.items() if each == value)


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


class Zone(Kind):
    """The name of a time zone, as it is today: Europe/Kyiv for Europe/Kiev."""

    placeholder = "ZONE"
    schema: Schema = {"type": "string"}
    shown = schema

    def read(self, field: str, value: Any) -> str:
        try:
            return current_zone(require_text(field, value))
        except FieldError:
            raise
        except BadInput as error:
            raise FieldError(field, "not_zone", value=value, detail=str(error)) from error
