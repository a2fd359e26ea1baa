"""Values of the file from the API's JSON of a check, and back.

Channels are named by name, and by id where a name is ambiguous: `Labels`. Start at `settings_of` and `body_of`.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from chalicelib.domain.channels import EVERY_CHANNEL
from chalicelib.domain.config import Step
from chalicelib.domain.durations import parse_instant
from chalicelib.domain.sources.probe import SHORTEST_EVERY
from chalicelib.fields.object_kinds import Probing
from chalicelib.fields.table import BY_NAME
from overdue.checks_file.fields import DEFAULTS, FIELDS, Settings
from overdue.checks_file.writing import is_replaced
from overdue.client.schemas import ChannelJson


@dataclass(frozen=True, slots=True)
class Labels:
    """What channels are called, by id: their names, or their ids where several have the name."""

    by_id: Mapping[str, str]
    ambiguous: frozenset[str] = frozenset()  # names of several channels

    @classmethod
    def of(cls, channels: Sequence[ChannelJson]) -> "Labels":
        """The labels of all channels of a project."""
        times = Counter(channel["name"] for channel in channels)
        several = frozenset(name for name, number in times.items() if number > 1)
        taken = several | {channel["id"] for channel in channels} | {EVERY_CHANNEL, ""}
        return cls({each["id"]: each["id"] if each["name"] in taken else each["name"] for each in channels}, several)

    def label(self, identifier: str) -> str | None:
        """What a name or an id of the file stands for; None: no channel, or several."""
        if identifier in self.by_id:
            return self.by_id[identifier]
        return identifier if identifier in self.by_id.values() else None

    def shown(self, identifier: str) -> str:
        """What the file calls the channel with this id; the id itself where it is not known, as `*` is not."""
        return self.by_id.get(identifier, identifier)

    def id(self, label: str) -> str:
        """The id of a channel."""
        return next((each for each, known in self.by_id.items() if known == label), label)


def settings_of(check: Mapping[str, Any], labels: Labels) -> dict[str, Any]:
    """All values of a check as the API shows it. A field that an older server does not show has its default.

    Raises FieldError.
    """
    shown = {field.name: name for name, field in FIELDS.items() if field.name in check.keys() - {"schedule"}}
    found = DEFAULTS | {name: _value(each, check[each], labels) for each, name in shown.items()}
    if "schedule" in check:
        lines = check["schedule"].strip().split("\n")
        found |= {"every": None, "schedule": tuple(line.strip() for line in lines)}
    if "zone" in check:
        found["tz"] = _value("tz", check["zone"], labels)
    if check.get("every_channel"):
        found["channels"] = (EVERY_CHANNEL,)
    if check.get("escalation_policy"):
        found["escalation"] = check["escalation_policy"]
    return found


def _value(name: str, said: Any, labels: Labels) -> Any:
    kind = BY_NAME[name].kind
    if isinstance(kind, Probing):
        known = {
            part: each for part, each in (said or {}).items() if part in kind.parts
        }  # a newer server may have more
        probe = kind.read(name, known or None)
        return probe and replace(probe, every=SHORTEST_EVERY)
    if name == "escalation":
        return relabelled(kind.read(name, [{"channels": EVERY_CHANNEL} | step for step in said or ()]), labels.shown)
    value = kind.read(name, said)
    match name:
        case "tags":
            return kind.parse(name, value)
        case "depends_on":
            return tuple(sorted(value))
        case "group":
            return value and replace(value, members=tuple(sorted(value.members)))
        case "channels":
            return tuple(sorted(map(labels.shown, value)))
        case "first_ping_by":
            return parse_instant(name, value, "UTC") if isinstance(value, str) else value
        case _:
            return value


def relabelled(steps: Sequence[Step], label: Callable[[str], str]) -> tuple[Step, ...]:
    """Steps with other words for their channels, in order."""
    return tuple(replace(step, channels=tuple(sorted(map(label, step.channels)))) for step in steps)


def body_of(settings: Settings, names: Iterable[str], labels: Labels) -> dict[str, object]:
    """The fields of a POST that say these values."""
    body = dict(_said(name, settings[name], labels) for name in names if not is_replaced(name, settings[name]))
    probe = settings["probe"]
    if probe is not None and body.keys() & {"probe", "timeout"}:  # it says its period itself
        body.pop("timeout", None)
        body["probe"] = BY_NAME["probe"].kind.json(replace(probe, every=settings["every"]))
    return body


def _said(name: str, value: Any, labels: Labels) -> tuple[str, object]:
    """A field of the API and its JSON."""
    match name, value:
        case "schedule", [expression]:
            return "schedule", expression
        case "schedule", _:
            return "schedules", list(value)
        case "escalation", str():
            return "escalation_policy", value
        case "escalation", _:
            value = relabelled(value, labels.id)
        case "channels", _:
            value = tuple(map(labels.id, value))
    field = FIELDS[name]
    return field.name, field.kind.json(value)
