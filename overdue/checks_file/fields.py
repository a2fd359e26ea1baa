"""The fields of the file: those of the field table, by their names in the file. Start at `FIELDS`.

Values are those of the kinds (`chalicelib.fields.kinds`), but for three: `schedule` is a tuple of expressions, `group`
and `depends_on` name checks by slug in alphabetical order, `escalation` is the name of a policy or a tuple of steps.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Any

from chalicelib.domain.config import Config
from chalicelib.domain.durations import parse_instant
from chalicelib.domain.errors import BadInput
from chalicelib.domain.field_errors import FieldError
from chalicelib.domain.schedule.occurrences import Every, Schedule
from chalicelib.domain.sources.probe import SHORTEST_EVERY, default_grace
from chalicelib.fields import table
from chalicelib.fields.kinds import AUTO
from chalicelib.fields.table import Field

Settings = Mapping[str, Any]  # the value of each field by its name

FIELDS: dict[str, Field] = {}
for _field in table.FIELDS:
    if _field.yaml_name is not None:
        FIELDS.setdefault(_field.yaml_name, _field)  # of two that share a name, the first
DEFAULTS = {name: field.default for name, field in FIELDS.items()}


def yaml_name(name: str) -> str:
    """What the file calls a field of the table."""
    found = table.BY_NAME[name].yaml_name if name in table.BY_NAME else None
    return found or name


def in_words(error: BadInput) -> str:
    """An error about a value, its field called by its name in the file."""
    return error.told(yaml_name) if isinstance(error, FieldError) else str(error)


def completed(said: Settings, *, slug: str, defaults: Settings) -> dict[str, Any]:
    """All values of a check: its own, else those of the file's defaults, else the defaults of all checks.

    Raises FieldError for an instant that the check's zone does not have.
    """
    found = DEFAULTS | {"name": slug}
    for layer in (defaults, said):
        if "every" in layer:
            found["schedule"] = None
        if "schedule" in layer:
            found["every"] = None
        found |= layer
    if found["probe"] is not None:
        _suit_probe(found, said={*defaults, *said}, is_scheduled="schedule" in said)
    if isinstance(found["first_ping_by"], str):
        found["first_ping_by"] = parse_instant("first_ping_by", found["first_ping_by"], found["tz"])
    return found


def config_of(settings: Settings, schedule: Schedule) -> Config:
    """The configuration of these values, with channels and checks as the file names them.

    `schedule` is the schedule in its zone: only a check without one is expected at an interval.
    """
    every, limit, probe = settings["every"], settings["max_runtime"], settings["probe"]
    plain = {field.path[0]: settings[name] for name, field in FIELDS.items() if len(field.path) == 1}
    return Config(
        **plain
        | {
            "schedule": Every(every) if settings["schedule"] is None else schedule,
            "max_runtime": None if limit == AUTO else limit,
            "learns_max_runtime": limit == AUTO,
            "escalation": (),
            "probe": probe and replace(probe, every=every or probe.every),
        }
    )


def _suit_probe(found: dict[str, Any], *, said: AbstractSet[str], is_scheduled: bool) -> None:
    """Give a probed check its default period and grace, and no schedule of the file's defaults."""
    if not is_scheduled:
        found["schedule"] = None
    if "every" not in said or found["every"] is None:
        found["every"] = SHORTEST_EVERY
    if "grace" not in said:
        found["grace"] = default_grace(found["every"])
