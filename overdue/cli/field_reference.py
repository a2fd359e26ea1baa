"""The reference of configuration fields, from the field table: `make docs` writes docs/reference/fields.md."""

import click

from chalicelib.domain.field_errors import spelled
from chalicelib.fields.field import SECTIONS, Field
from chalicelib.fields.kinds import Choice, Flag, Kind, Slug, Text
from chalicelib.fields.list_kinds import Texts
from chalicelib.fields.number_kinds import Count, Duration, Limit
from chalicelib.fields.object_kinds import MOST_STEPS, Grouping, PolicyName, Steps
from chalicelib.fields.probe_kinds import Probing
from chalicelib.fields.schedule_kinds import Expression, FirstPing
from chalicelib.fields.table import FIELDS

HEAD = """# Configuration fields

Every field of a check, by its name in the Management API. `make docs` generates this page from the field table. The
API, the command line, the checks file, the form and `?create=1` accept the same values. Durations are seconds in the
API, and `600`, `10m`, `1h`, `1d` or `1w` elsewhere.

"""
COLUMNS = """| field | meaning | values | default | option | checks file | `?create=1` |
|---|---|---|---|---|---|---|
"""
GROUP_OPTIONS = "`--member`, `--member-tag`, `--down-when`"
DEFAULTS = {"slug": "made from the name", "channels": "`*`; API: none", "name": "the slug"}


def reference() -> str:
    """The whole page, in Markdown."""
    return HEAD + "\n".join(_section(section, title) for section, title in SECTIONS.items())


def _section(section: str, title: str) -> str:
    rows = "".join(_row(field) for field in FIELDS if field.section == section)
    return f"## {title}\n\n{COLUMNS}{rows}"


def _row(field: Field) -> str:
    cells = (
        f"`{field.name}`",
        field.help.replace("*", "\\*"),
        _values(field.kind),
        DEFAULTS.get(field.name) or _default(field),
        GROUP_OPTIONS if field.option_name is None else f"`{field.option_name}`",
        "the key" if field.yaml_name is None else f"`{field.yaml_name}`",
        f"`{field.parameter}`" if field.on_create else "",
    )
    return f"| {' | '.join(cells)} |\n"


def _default(field: Field) -> str:
    if field.default in (None, (), ""):
        return ""
    return f"`{field.kind.text(field.default)}`"


def _values(kind: Kind) -> str:
    match kind:
        case Duration(bound=(least, most)):
            others = ["an instant"] if isinstance(kind, FirstPing) else []
            others += ["`auto`"] if isinstance(kind, Limit) and kind.can_be_auto else []
            others += ["`off`"] if isinstance(kind, Limit) or not least else []
            return " or ".join([f"{spelled(least)} to {spelled(most)}", *others])
        case Count(bound=(fewest, largest), can_be_off=can_be_off):
            return f"{fewest} to {'10^15' if largest == 10**15 else largest}" + (" or `off`" if can_be_off else "")
        case Choice():
            return " or ".join(f"`{word}`" for word in kind.choices)
        case Flag():
            return "`true` or `false`"
        case Slug() | Text() | PolicyName() | Expression():
            return f"at most {kind.schema['maxLength']:,} characters"
        case Texts():
            return f"at most {kind.most}, each of at most {kind.longest:,} characters"
        case Steps():
            return f"at most {MOST_STEPS} steps"
        case Grouping():
            return ", ".join(f"`{part}`" for part in kind.parts)
        case Probing():
            return "a URL or `off`; in the API and the checks file, an object with further settings"
        case _:
            return ""


if __name__ == "__main__":
    click.echo(reference(), nl=False)
