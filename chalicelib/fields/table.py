"""The field table: every configuration field of a check, declared once. Start at `FIELDS`.

Store, Management API, OpenAPI, YAML and its schema, CLI options, form, configuration list, `?create=1` and the tables
of docs/reference loop over it. A default stands in `domain.config.Config`, the bounds in the field's kind.
"""

from typing import Any

from chalicelib.domain.config import Config
from chalicelib.domain.durations import SHORTEST
from chalicelib.domain.schedule.occurrences import LONGEST as LONGEST_EXPRESSION
from chalicelib.domain.schedule.occurrences import Every
from chalicelib.domain.schedule.parse import MOST as MOST_EXPRESSIONS
from chalicelib.domain.schedule.parse import lines_of
from chalicelib.domain.slugs import LONGEST_SLUG
from chalicelib.fields.field import Field
from chalicelib.fields.kinds import AUTO, LONGEST_TAGS, Choice, Flag, Slug, Tags, Text, Zone
from chalicelib.fields.list_kinds import Channels, Checks, Windows
from chalicelib.fields.number_kinds import Count, Duration, InARow, Limit
from chalicelib.fields.object_kinds import Grouping, PolicyName, Steps
from chalicelib.fields.probe_kinds import Probing
from chalicelib.fields.schedule_kinds import Expression, Expressions, FirstPing

_SECOND, _DAY = SHORTEST / 60, SHORTEST * 1440


def _period(config: Config) -> Any:
    return config.schedule.period if isinstance(config.schedule, Every) else None


def _expression(config: Config) -> str | None:
    return None if isinstance(config.schedule, Every) else config.schedule.expression


def _max_runtime(config: Config) -> Any:
    return AUTO if config.learns_max_runtime else config.max_runtime


_KEYWORDS = Text(200)
MOST_PARENTS = 20  # of a check
_CHECK = Checks(most=MOST_PARENTS, longest=LONGEST_SLUG, shortest=1)

FIELDS = (
    Field("name", Text(100), "Name", "Its name in pages and alerts. Default: its slug.", "check", on_create=True),
    Field("slug", Slug(), "Slug", "The name in its ping URL: a-z, 0-9, hyphens and underscores.", "check", yaml=None),
    Field(
        "timeout",
        Duration(),
        "Period",
        "The longest time between two successes, such as 15m, 1h or 1d.",
        "schedule",
        attribute="schedule",
        on_create=True,
        yaml="every",
        option="--every",
        query="period",
        get=_period,
        form="period",
    ),
    Field(
        "schedule",
        Expression(),
        "Schedule",
        "When a success is expected: cron (also @daily) or OnCalendar, instead of a period.",
        "schedule",
        on_create=True,
        examples=("0 5 * * 1-5", "Mon..Fri 12:00"),
        get=_expression,
        form=None,
    ),
    Field(
        "tz",
        Zone(),
        "Time zone",
        "The time zone of its schedule and its alerts, such as Europe/Berlin.",
        "schedule",
        on_create=True,
        examples=("UTC", "Europe/Berlin"),
        form="zone",
    ),
    Field("grace", Duration(), "Grace", "How late a success may be, such as 1h.", "schedule", on_create=True),
    Field(
        "max_runtime",
        Limit(can_be_auto=True),
        "Maximum runtime",
        'The longest time a run may take, such as 2h. "auto" learns it from past runs; "off" uses the grace time.',
        "duration",
        since="v3",
        on_create=True,
        get=_max_runtime,
    ),
    Field(
        "min_runtime",
        Limit(_SECOND),
        "Minimum runtime",
        'A success that took less is a failure, such as 30s; or "off".',
        "duration",
        since="v3",
        on_create=True,
    ),
    Field(
        "min_count",
        Count(can_be_off=True),
        "Minimum count",
        'The fewest items in each count window; or "off".',
        "throughput",
        since="v3",
        on_create=True,
    ),
    Field(
        "count_window",
        Limit(),
        "Count window",
        'How long items are counted before the minimum count is checked, such as 1h; or "off".',
        "throughput",
        since="v3",
        on_create=True,
    ),
    Field(
        "remind_every",
        Limit(),
        "Reminder",
        'Repeat the alert at this interval while the check is down, such as 4h; or "off".',
        "patience",
        since="v3",
        on_create=True,
    ),
    Field(
        "escalation",
        Steps(),
        "Escalation",
        'Who to notify if nobody acknowledges: steps such as "15m oncall", or a policy; or "off".',
        "alerts",
        since="v3",
        option="--escalate",
        form=None,
    ),
    Field(
        "escalation_policy",
        PolicyName(),
        "Escalation policy",
        "The named policy whose steps the check has.",
        "alerts",
        since="v3",
        yaml="escalation",
        option="--escalate",
        form=None,
    ),
    Field(
        "failures_before_alert",
        InARow("failure", "failures"),
        "Failures before an alert",
        "How many failures in a row put the check down.",
        "patience",
        since="v3",
        on_create=True,
    ),
    Field(
        "misses_before_alert",
        InARow("miss", "misses"),
        "Misses before an alert",
        "How many missed successes in a row put the check down.",
        "patience",
        since="v3",
        on_create=True,
    ),
    Field(
        "first_ping_by",
        FirstPing(),
        "First ping",
        'When the first success must have come: 1d, or 2026-12-01T08:00; or "off".',
        "exceptions",
        since="v3",
        on_create=True,
        examples=(86_400, "2026-12-01T08:00"),
    ),
    Field(
        "early",
        Duration(SHORTEST * 0, _DAY),
        "Early success",
        'How long before its scheduled time a success counts for it; or "off".',
        "exceptions",
        since="v3",
        on_create=True,
    ),
    Field(
        "windows",
        Windows(most=20, longest=200),
        "Maintenance windows",
        'When nothing is expected: "0 2 * * 0 for 2h", "2026-12-24T20:00 to 2026-12-25T08:00"; or "off".',
        "exceptions",
        since="v3",
        on_create=True,
        option="--window",
        examples=(["0 2 * * 0 for 2h in Europe/Berlin", "2026-12-24T20:00 to 2026-12-25T08:00"],),
    ),
    Field(
        "schedules",
        Expressions(most=MOST_EXPRESSIONS, longest=LONGEST_EXPRESSION, least=1),
        "Schedule",
        "Several cron or OnCalendar expressions, any of which may match.",
        "schedule",
        attribute="schedule",
        since="v3",
        yaml="schedule",
        option="--schedule",
        examples=(["0 9 * * 1-5", "0 12 * * 6"],),
        get=lambda config: lines_of(config.schedule),
        form="schedule",
    ),
    Field(
        "depends_on",
        _CHECK,
        "Depends on",
        'Checks, by slug, that hold this one\'s alerts while they are down; or "off".',
        "relations",
        since="v3",
        examples=(["database", "network"],),
        form=None,
    ),
    Field(
        "group",
        Grouping(),
        "Group",
        'Makes it a group: its status is decided by its members; or "off".',
        "relations",
        since="v3",
        option=None,
        form=None,
    ),
    Field(
        "probe",
        Probing(),
        "Probe",
        'A URL that Overdue requests once per period, instead of waiting for pings; or "off".',
        "check",
        since="v3",
        form="url",
    ),
    Field("tags", Tags(LONGEST_TAGS), "Tags", "Words to find it by, separated by spaces.", "check", on_create=True),
    Field(
        "channels",
        Channels(),
        "Channels",
        'Who to notify: names or ids of channels, separated by commas; "*" is all of them, an empty text none.',
        "alerts",
        form="all_channels",
    ),
    Field("desc", Text(20_000), "Description", "What to know about it when it is down.", "more", on_create=True),
    Field(
        "methods",
        Choice({"any": "", "POST": "POST"}),
        "Methods",
        "Which requests count as pings.",
        "more",
        attribute="filters.methods",
        on_create=True,
        form="post_only",
    ),
    Field(
        "manual_resume",
        Flag(),
        "Manual resume",
        "Whether it stays paused when a ping comes.",
        "more",
        on_create=True,
        option="--manual-resume/--auto-resume",
    ),
    *(
        Field(
            f"{word}_kw",
            _KEYWORDS,
            f"{word.capitalize()} keywords",
            f"Words in a ping's body that make it a {word}, separated by commas.",
            "more",
            attribute=f"filters.{word}_kw",
            on_create=True,
            form=None,
        )
        for word in ("start", "success", "failure")
    ),
    *(
        Field(
            f"filter_{attribute}",
            Flag(),
            label,
            help_text,
            "more",
            attribute=f"filters.{attribute}",
            on_create=True,
            form=None,
        )
        for attribute, label, help_text in (
            ("subject", "Filter by subject", "Whether the keywords are searched in an email's subject."),
            ("body", "Filter by email", "Whether the keywords are searched in an email's body."),
            ("http_body", "Filter by body", "Whether the keywords are searched in the body of a request."),
            ("default_fail", "Fail by default", "Whether a ping without any of the keywords is a failure."),
        )
    ),
)
BY_NAME = {field.name: field for field in FIELDS}
STORED = {field.path: field.kind for field in FIELDS if not (field.attribute and field.get)}  # by attribute of `Config`
