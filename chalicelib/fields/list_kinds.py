"""Kinds of values that are lists of texts: a list in JSON, in a text each on a line of its own.

A kind reads one item at a time, so that a file with lines can say which one is wrong. `whole` checks them together.
"""

from collections.abc import Sequence
from typing import Any

from chalicelib.domain.channels import EVERY_CHANNEL
from chalicelib.domain.errors import BadInput
from chalicelib.domain.field_errors import FieldError
from chalicelib.fields.kinds import OFF, Kind, Schema, require_no_nul, require_text


class Texts(Kind):
    """Some texts; `off` is none. The value is a tuple."""

    shown: Schema = {"type": "array", "items": {"type": "string"}}
    separator = "\n"

    def __init__(self, *, most: int, longest: int, least: int = 0, shortest: int = 0) -> None:
        self.most, self.least, self.longest, self.shortest = most, least, longest, shortest
        one: Schema = {"type": "string", "maxLength": longest} | ({"minLength": shortest} if shortest else {})
        self.schema = {"type": "array", "items": one, "maxItems": most} | ({"minItems": least} if least else {})

    def item(self, field: str, text: str) -> str:
        """One of them, as a person typed it. Raises FieldError."""
        if len(text) < self.shortest:
            raise FieldError(field, "empty", value=text, is_item=True)
        return require_text(field, text, longest=self.longest, is_item=True)

    def whole(self, field: str, items: Sequence[str]) -> tuple[str, ...]:
        """All of them together. Raises FieldError."""
        if len(items) < self.least:
            raise FieldError(field, "no_items", value=items)
        if len(items) > self.most:
            raise FieldError(field, "too_many", bound=self.most, value=items)
        return tuple(items)

    def parse(self, field: str, text: str) -> tuple[str, ...]:
        if text.strip().lower() == OFF:
            return self.whole(field, ())
        lines = [line.strip() for line in text.split(self.separator)]
        return self.whole(field, [self.item(field, line) for line in lines if line])

    def read(self, field: str, value: Any) -> tuple[str, ...]:
        """Types and lengths of all items go before what each of them means."""
        if not isinstance(value, list):
            raise FieldError(field, "not_list", value=value)
        Texts.whole(self, field, value)
        for each in value:
            Texts.item(self, field, require_text(field, each, is_item=True))
        return self.whole(field, [self.item(field, each) for each in value])

    def text(self, value: Sequence[str]) -> str:
        return self.separator.join(value) or OFF

    def json(self, value: Sequence[str]) -> object:
        return list(value)

    def load(self, stored: Any) -> tuple[str, ...]:
        return tuple(stored)


class Windows(Texts):
    """Maintenance windows, a line each."""

    placeholder = "WINDOW"

    def item(self, field: str, text: str) -> str:
        from chalicelib.domain.schedule.maintenance import parse_window  # a ping's cold start does without

        super().item(field, text)
        try:
            parse_window(text, "UTC")
        except BadInput as error:
            raise FieldError(field, "not_window", value=text, detail=str(error), is_item=True) from error
        return text


class Checks(Texts):
    """Other checks of the project, by slug or by code. The value has what was said: `merge` finds the checks."""

    is_plain = False
    placeholder = "CHECK"
    separator = ","


class Channels(Kind):
    """Where alerts go: ids or names of channels; `*` is all of them, later ones too, an empty text none.

    The value that is read has what was said; `merge` finds the channels. JSON has one text with commas, not trimmed.
    """

    is_plain = False
    placeholder = "CHANNELS"
    schema: Schema = {"type": "string"}
    shown = schema

    def parse(self, field: str, text: str) -> tuple[str, ...]:
        require_no_nul(field, text)
        return self.whole(field, [name.strip() for name in text.split(",")] if text.strip() else [])

    def item(self, field: str, text: str) -> str:
        """One of them. Raises FieldError."""
        return require_no_nul(field, text)

    def whole(self, field: str, names: Sequence[str]) -> tuple[str, ...]:
        """Names that a person listed, each once. Raises FieldError."""
        if "" in names:
            raise FieldError(field, "empty_channel", value="")
        if EVERY_CHANNEL in names and len(names) > 1:
            raise FieldError(field, "not_alone", value=EVERY_CHANNEL)
        return tuple(dict.fromkeys(names))

    def read(self, field: str, value: Any) -> tuple[str, ...]:
        text = require_no_nul(field, require_text(field, value))
        return tuple(text.split(",")) if text else ()

    def text(self, value: Sequence[str]) -> str:
        return ",".join(value)

    def json(self, value: Sequence[str]) -> object:
        return ",".join(value)

    def load(self, stored: Any) -> tuple[str, ...]:
        return tuple(stored)
