"""Settings from the API's JSON of a check, and back: the one place that knows the wire's words for them.

Channels are told by name where no other has it, by id otherwise: `Labels`. Start at `settings_of`.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.domain.config import Group
from chalicelib.domain.sources.probe import Probe
from chalicelib.domain.sources.probe_json import NAMES, as_json, from_json
from overdue.checks_file.fields import BY_NAME, FIELDS, Settings
from overdue.checks_file.kinds.escalation_kind import Steps, from_wire, to_wire
from overdue.checks_file.kinds.probe_kind import with_period, without_period
from overdue.checks_file.kinds.relation_kind import group_from_wire, group_to_wire
from overdue.checks_file.kinds.value_kinds import EVERY_CHANNEL, Setting
from overdue.client.schemas import ChannelJson

_ANY = "any"  # the wire says it with an empty text


@dataclass(frozen=True, slots=True)
class Labels:
    """What channels are called, by id: their names, or their ids where a name is not theirs alone."""

    by_id: Mapping[str, str]
    ambiguous: frozenset[str] = frozenset()  # names that several bear

    @classmethod
    def of(cls, channels: Sequence[ChannelJson]) -> "Labels":
        """Of all channels of a project."""
        times = Counter(channel["name"] for channel in channels)
        several = frozenset(name for name, number in times.items() if number > 1)
        taken = several | {channel["id"] for channel in channels} | {EVERY_CHANNEL, ""}
        return cls({each["id"]: each["id"] if each["name"] in taken else each["name"] for each in channels}, several)

    def label(self, identifier: str) -> str | None:
        """What a name or an id of the file stands for; None: no channel, or several."""
        if identifier in self.by_id:
            return self.by_id[identifier]
        return identifier if identifier in self.by_id.values() else None

    def id(self, label: str) -> str:
        """The id of a channel."""
        return next((each for each, known in self.by_id.items() if known == label), label)


def settings_of(check: Mapping[str, Any], labels: Labels) -> dict[str, Setting]:
    """All settings of a check as the API shows it. What an older server does not show is as if never set."""
    found: dict[str, Setting] = {field.name: check.get(field.name, field.default) for field in FIELDS}
    is_simple = "schedule" not in check
    return found | {
        "every": check.get("timeout", BY_NAME["every"].default) if is_simple else None,
        "schedule": None if is_simple else check["schedule"],
        "tz": check.get("zone", check.get("tz", "UTC")),
        "early": check.get("early") or None,
        "windows": tuple(check.get("windows", ())),
        "group": group_from_wire(check.get("group")),
        "depends_on": tuple(sorted(check.get("depends_on", ()))),
        "tags": tuple(dict.fromkeys(check["tags"].split())),
        "channels": EVERY_CHANNEL if check.get("every_channel") else _labelled(check.get("channels", ""), labels),
        "methods": check.get("methods") or _ANY,
        "probe": _probe_of(check.get("probe")),
        "escalation": _escalation_of(check, labels),
    }


def _probe_of(said: Mapping[str, Any] | None) -> Probe | None:
    """What a newer server knows beyond it is left out."""
    if not said:
        return None
    return without_period(from_json({name: value for name, value in said.items() if name in NAMES}))


def _escalation_of(check: Mapping[str, Any], labels: Labels) -> Setting:
    steps = from_wire(check.get("escalation") or ())
    return check.get("escalation_policy") or (steps and steps.relabelled(lambda each: labels.by_id.get(each, each)))


def _labelled(ids: str, labels: Labels) -> tuple[str, ...]:
    return tuple(sorted(labels.by_id.get(each, each) for each in ids.split(",") if each))


def body_of(settings: Settings, names: Iterable[str], labels: Labels) -> dict[str, object]:
    """The fields of a POST that say these settings."""
    body = dict(_field(name, settings[name], labels) for name in names if not _is_unsaid(name, settings[name]))
    probe = settings["probe"]
    if isinstance(probe, Probe) and body.keys() & {"probe", "timeout"}:  # it says its period itself
        body.pop("timeout", None)
        body["probe"] = as_json(with_period(probe, settings["every"]))
    return body


def _is_unsaid(name: str, setting: Setting) -> bool:
    """A period ends by saying a schedule, and the other way round: there is no word for "none"."""
    return setting is None and name in ("every", "schedule")


def _field(name: str, setting: Setting, labels: Labels) -> tuple[str, object]:
    match name, setting:
        case "every", _:
            return "timeout", setting
        case "schedule", str() if "\n" in setting:
            return "schedules", setting.split("\n")
        case "early", None:
            return name, 0
        case "windows" | "depends_on", tuple():
            return name, list(setting)
        case "tags", tuple():
            return name, " ".join(setting)
        case "channels", tuple():
            return name, ",".join(labels.id(each) for each in setting)
        case "group", Group():
            return name, group_to_wire(setting)
        case "escalation", str():
            return "escalation_policy", setting
        case "escalation", Steps():
            return name, to_wire(setting.relabelled(labels.id))
        case "methods", _:
            return name, "" if setting == _ANY else setting
        case _:
            return name, setting
