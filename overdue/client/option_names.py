"""Fields by the names of their options, in errors. Not imported before there is one: the field table takes a while."""

import re

from chalicelib.fields.table import BY_NAME

_WORDS = {"name", "probe"}  # also words of sentences about something else
_NAMED = sorted(field.name for field in BY_NAME.values() if field.option_name and field.name not in _WORDS)
_FIELD = re.compile(rf"\b({'|'.join(reversed(_NAMED))})\b")  # the longer of two that begin alike first


def option_name(field: str) -> str:
    """The option of a field of the table; anything else as it is."""
    option = BY_NAME[field].option_name if field in BY_NAME else None
    return (option or field).partition("/")[0]


def with_option_names(text: str) -> str:
    """A text of the server about fields, about their options instead."""
    return _FIELD.sub(lambda found: option_name(found[0]), text)
