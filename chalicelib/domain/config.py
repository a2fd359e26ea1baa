"""What an operator decides about a check, as frozen values. What they mean is decided in `rules`."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.domain.channels import EVERY_CHANNEL
from chalicelib.domain.ids import Code
from chalicelib.domain.schedule.occurrences import Every, Schedule
from chalicelib.domain.sources.probe import Probe

DAILY = Every(timedelta(days=1))
DEFAULT_GRACE = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which requests count, and what their bodies mean (docs/reference/wire.md, Pings)."""

    methods: str = ""  # "" takes any verb; "POST" takes only that one
    http_body: bool = False  # look for keywords in the body of a request
    subject: bool = False  # the same for the two parts of an e-mail; kept for clients, no e-mail comes in
    body: bool = False
    default_fail: bool = False
    start_kw: str = ""  # comma-separated keywords, each of the three
    success_kw: str = ""
    failure_kw: str = ""


NO_FILTERS = Filters()


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """So long after an outage's beginning these channels are told; ids, or "*" for all of them."""

    after: timedelta
    channels: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Its members, named or by a tag of theirs, and how many of them make it down when they are."""

    members: tuple[Code, ...] = ()  # (): all checks with the tag
    tag: str = ""
    down_when: int | None = None  # so many; None: all


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What an operator decides about a check."""

    name: str = ""
    slug: str = ""
    tags: str = ""  # separated by spaces
    desc: str = ""
    schedule: Schedule = DAILY
    tz: str = "UTC"  # the zone that people read; of a cron schedule, also the one it runs in
    grace: timedelta = DEFAULT_GRACE
    max_runtime: timedelta | None = None  # None: a run's limit is the grace (docs/reference/rules.md, rule 3)
    learns_max_runtime: bool = False  # `max_runtime: auto` (rule 16); max_runtime is None then
    min_runtime: timedelta | None = None
    min_count: int | None = None  # with count_window: at least so many items in each window (rule 6)
    count_window: timedelta | None = None
    remind_every: timedelta | None = None
    escalation: tuple[Step, ...] = ()  # whom to tell while nobody sees to it, the earliest first (rule 11)
    escalation_policy: str = ""  # the named policy whose steps they are; "": the check's own
    failures_before_alert: int = 1  # so many in a row make it down (rule 4)
    misses_before_alert: int = 1  # the same of periods without a success, counted apart
    first_ping_by: datetime | timedelta | None = None  # None: it may stay new for ever (rule 7)
    early: timedelta = timedelta()  # a success so long before an occurrence counts for it (rule 8)
    windows: tuple[str, ...] = ()  # of maintenance, as `windows.parse_window` reads them (rule 9)
    channels: tuple[str, ...] = (EVERY_CHANNEL,)  # ids; "*" is all of them, those of later days too
    manual_resume: bool = False
    filters: Filters = NO_FILTERS
    probe: Probe | None = None  # None: a job pings; else Overdue asks, and the schedule is as often as it does
    group: Group | None = None  # None: it tells of itself; else of its members, and nobody pings it
    depends_on: tuple[Code, ...] = ()  # its parents: while one is down, this one's alerts are held
