"""The reference of all fields, generated from the field table: `make docs` writes docs/reference/fields.md."""

from collections.abc import Iterator

import click

from chalicelib.domain.field_errors import spelled
from chalicelib.domain.schedule.occurrences import LONGEST as LONGEST_EXPRESSION
from chalicelib.fields.field import Field
from chalicelib.fields.kinds import MOST_ITEMS, OFF, Choice, Flag, Kind, Text
from chalicelib.fields.list_kinds import Channels, Texts
from chalicelib.fields.number_kinds import Count, Duration, Limit
from chalicelib.fields.object_kinds import MOST_STEPS, Steps
from chalicelib.fields.schedule_kinds import Expression, FirstPing
from chalicelib.fields.table import FIELDS

HEAD = """# Fields of a check

Every field of a check, with its names and its bounds, which are the same everywhere. `make docs` generates this page
from `chalicelib/fields/table.py`: change the table, not this page.

People write values as the column "value" says, on the command line, in a file of checks, in the form and in the query
of `?create=1`: a duration is seconds (`600`) or `10m`, `1h`, `1d`, `1w`. The [Management API](api.md) has durations as
whole seconds, lists as arrays, and null for `off`. An en dash: the field is not there.

"""
NONE = "–"


def reference() -> str:
    """The whole page, in Markdown."""
    head = ["field", "command line", "file", "`?create=1`", "form", "value", "default", "meaning"]
    rows = [head, ["---"] * len(head), *map(list, map(_cells, FIELDS))]
    return HEAD + "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _cells(field: Field) -> Iterator[str]:
    yield f"`{field.name}`" + (" (v3)" if field.since == "v3" else "")
    yield " ".join(f"`{name}`" for name in (field.option_name or "").split("/") if name) or NONE
    yield _code(field.yaml_name)
    yield _code(field.parameter if field.on_create else None)
    yield field.label if field.form_name is not None else NONE
    yield value(field.kind)
    yield default(field)
    yield field.help.replace("|", "\\|")


def _code(name: str | None) -> str:
    return NONE if name is None else f"`{name}`"


def default(field: Field) -> str:
    """The value that holds where nothing else is said."""
    found, kind = field.default, field.kind
    if found in (None, ()):
        return f"`{OFF}`" if kind.can_be_off else NONE
    return f"`{kind.text(found)}`" if kind.text(found) else NONE


def value(kind: Kind) -> str:
    """What a value may be."""
    match kind:
        case FirstPing():
            return f"{_span(kind)}, an instant (ISO 8601), or `off`"
        case Limit():
            return f"{_span(kind)}, {'`auto`, ' if kind.can_be_auto else ''}or `off`"
        case Duration():
            return f"{_span(kind)}{', or `off`' if kind.can_be_off else ''}"
        case Count():
            least, most = kind.bound
            return f"{least:,} to {'10^15' if most == MOST_ITEMS else f'{most:,}'}{', or `off`' * kind.can_be_off}"
        case Flag():
            return "`true` or `false`"
        case Choice():
            return " or ".join(f"`{word}`" for word in kind.choices)
        case Text():
            return f"at most {kind.longest:,} characters"
        case Expression():
            return f"at most {LONGEST_EXPRESSION} characters"
        case Texts():
            return f"{kind.least} to {kind.most}, each at most {kind.longest} characters"
        case Steps():
            return f"at most {MOST_STEPS} steps, each after {_span(kind.after)}; or `off`"
        case Channels():
            return "ids or names"
        case _:
            return kind.placeholder.lower()


def _span(kind: Duration) -> str:
    least, most = kind.bound
    return f"{spelled(least)} to {spelled(most)}"


if __name__ == "__main__":
    click.echo(reference(), nl=False)
