"""What the file can say of a check: one table, which the parser, the writer, the plan and the schema go by.

The words are those of the options of `overdue checks add`. Start at `FIELDS`.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import timedelta

from chalicelib.domain.rules import thresholds
from chalicelib.domain.sources.probe import SHORTEST_EVERY, default_grace
from overdue.checks_file.kinds.escalation_kind import an_escalation
from overdue.checks_file.kinds.list_kind import a_schedule, destinations, windows, words
from overdue.checks_file.kinds.probe_kind import a_probe
from overdue.checks_file.kinds.relation_kind import a_group, parents
from overdue.checks_file.kinds.value_kinds import (
    EVERY_CHANNEL,
    Kind,
    Setting,
    a_beginning,
    a_choice,
    a_count,
    a_duration,
    a_flag,
    a_limit,
    a_number,
    a_text,
    a_zone,
)

Settings = Mapping[str, Setting]  # every field by its name


@dataclass(frozen=True, slots=True)
class Field:
    """A field: what it holds where the file says nothing (`name`: the slug), and what it is, for editors."""

    name: str
    kind: Kind
    default: Setting
    about: str


_SECOND = timedelta(seconds=1)
_NAME, _DESC, _KEYWORDS = (
    a_text(100),
    a_text(20_000),
    a_text(200),
)  # as in `web.api.fields`, which is the server's alone

FIELDS = (
    Field("name", _NAME, None, "What people call it. Unless said: its slug."),
    Field("every", a_duration(can_be_off=False), 86_400, "How often it must succeed, such as 15m, 1h, 1d."),
    Field(
        "schedule",
        a_schedule(),
        None,
        "Instead of every: cron (@daily, too) or OnCalendar, or a list of them.",
    ),
    Field("tz", a_zone(), "UTC", "The zone of its schedule and of its alerts, such as Europe/Berlin."),
    Field("grace", a_duration(can_be_off=False), 3_600, "How late it may be, such as 1h."),
    Field("max_runtime", a_limit(), None, "When a run has hung, such as 2h; auto: as learnt; off: its grace says so."),
    Field(
        "min_runtime",
        a_duration(can_be_off=True, shortest=_SECOND),
        None,
        "A faster success is a failure, such as 30s; or off.",
    ),
    Field("min_count", a_count(), None, "So many items at least in each count_window; or off."),
    Field("count_window", a_duration(can_be_off=True), None, "How long the items are counted, such as 1h; or off."),
    Field("probe", a_probe(), None, "What Overdue asks by itself, as often as every: a URL, or a table; or off."),
    Field("remind_every", a_duration(can_be_off=True), None, "Tell again while it is down, such as 4h; or off."),
    Field("escalation", an_escalation(), None, "Whom to tell while nobody sees to it: a policy, or steps; or off."),
    Field("failures_before_alert", a_number(thresholds.MOST), 1, "So many failures in a row make it down."),
    Field("misses_before_alert", a_number(thresholds.MOST), 1, "The same of periods without a success."),
    Field("first_ping_by", a_beginning(), None, "By when it must have begun: 1d, 2026-12-01T08:00Z; or off."),
    Field("early", a_duration(can_be_off=True), None, "A success so long before its time counts for it; or off."),
    Field("windows", windows(), (), "Of maintenance, such as 0 2 * * 0 for 2h, in which nothing is expected."),
    Field("group", a_group(), None, "It is a check of checks: its members, and how many make it down; or off."),
    Field("depends_on", parents(), (), "Checks whose being down holds its alerts, by slug."),
    Field("tags", words(), (), "Words to find it by."),
    Field("channels", destinations(), EVERY_CHANNEL, 'Whom to tell, by name or id; "*" is all, [] none.'),
    Field("desc", _DESC, "", "What to know about it when it is down."),
    Field("methods", a_choice("any", "POST"), "any", "Which requests count."),
    Field("manual_resume", a_flag(), False, "Whether it stays paused when a ping comes."),
    Field("start_kw", _KEYWORDS, "", "Words in a ping's text that say that it starts, with commas between them."),
    Field("success_kw", _KEYWORDS, "", "Words in a ping's text that say that it succeeded."),
    Field("failure_kw", _KEYWORDS, "", "Words in a ping's text that say that it failed."),
    Field("filter_subject", a_flag(), False, "Whether the words are looked for in an e-mail's subject."),
    Field("filter_body", a_flag(), False, "Whether the words are looked for in an e-mail's text."),
    Field("filter_http_body", a_flag(), False, "Whether the words are looked for in the body of a request."),
    Field("filter_default_fail", a_flag(), False, "Whether a ping without any of the words is a failure."),
)
BY_NAME = {field.name: field for field in FIELDS}


def completed(said: Settings, *, slug: str, defaults: Settings) -> dict[str, Setting]:
    """All settings of a check: what it says, else what the file's defaults say, else what holds for all."""
    found = {field.name: field.default for field in FIELDS} | {"name": slug}
    for layer in (defaults, said):
        if "every" in layer:
            found["schedule"] = None
        if "schedule" in layer:
            found["every"] = None
        found |= layer
    if found["probe"] is not None:
        _suit_probe(found, said={*defaults, *said}, is_scheduled="schedule" in said)
    return found


def _suit_probe(found: dict[str, Setting], *, said: AbstractSet[str], is_scheduled: bool) -> None:
    """A probe has a period and a grace of its own where none is said, and no schedule of the defaults."""
    if not is_scheduled:
        found["schedule"] = None
    if "every" not in said or found["every"] is None:
        found["every"] = int(SHORTEST_EVERY.total_seconds())
    if "grace" not in said and isinstance(found["every"], int):
        found["grace"] = int(default_grace(timedelta(seconds=found["every"])).total_seconds())


def written(name: str, setting: Setting) -> str:
    """A setting as the file has it, on one line; `–` where it says nothing."""
    if setting is None and name in ("every", "schedule"):
        return "–"
    return BY_NAME[name].kind.written(setting)
