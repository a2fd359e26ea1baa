"""How the form of a check is shown: its fields, what is wrong with them, what others have changed. Start at `shown`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chalice.app import Response

from chalicelib.domain.channels import Channel
from chalicelib.domain.check import Check
from chalicelib.domain.config import Config
from chalicelib.domain.schedule.occurrences import zone_choices
from chalicelib.fields.merge import BLANK
from chalicelib.web.pages.check_form.conflicts import Theirs
from chalicelib.web.pages.check_form.form_fields import UNITS, Values, channel_field, filled
from chalicelib.web.pages.check_form.labels import LABELS, anchor
from chalicelib.web.pages.check_form.parse import Problem, Reading
from chalicelib.web.pages.check_form.preview import Sentence, Understood, in_short, understood
from chalicelib.web.pages.overview.position import name_of, path_of, shown_text
from chalicelib.web.pages.shell.layout import frame
from chalicelib.web.pages.shell.render import page
from chalicelib.web.pages.shell.visit import Visit

_GROUPS = {  # of finer rules, which open where one of them is used
    "duration": ("min_runtime", "max_runtime"),
    "throughput": ("min_count", "count_window"),
    "patience": ("failures_before_alert", "misses_before_alert", "remind_every"),
    "exceptions": ("first_ping_by", "first_ping_at", "early", "windows"),
    "more": ("desc", "manual_resume", "post_only"),
    "answer": ("method", "expect_text", "slow", "certificate_days", "follow_redirects"),
}


@dataclass(frozen=True, slots=True)
class Subject:
    """What the form is about."""

    check: Check | None  # None: it has yet to be made
    before: Config  # what it changes
    channels: Sequence[Channel]  # of the project

    @property
    def path(self) -> str:
        """Of the check's page, or of the overview."""
        return "/" if self.check is None else path_of(self.check, own_slug(self.check.config))


def own_slug(config: Config) -> dict[str, int]:
    """A slug that no other check is taken to have."""
    return {config.slug: 1} if config.slug else {}


@dataclass(frozen=True, slots=True)
class Box:
    """A channel to choose."""

    field: str
    name: str
    whither: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """A link to a field that needs another look."""

    anchor: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FormView:
    """All that `new.html` shows."""

    heading: str
    name: str  # of the check that is changed; "": a new one
    path: str  # of its page, or of the overview
    note: str  # why nothing was saved
    hidden: Mapping[str, str]  # of its opening
    values: Values
    problems: Mapping[str, Problem]
    troubles: tuple[Trouble, ...]
    theirs: tuple[Theirs, ...]
    open: frozenset[str]  # groups of finer rules
    units: Mapping[str, str]
    boxes: tuple[Box, ...]
    near_zones: tuple[str, ...]
    zones: tuple[str, ...]
    understood: Understood
    in_short: tuple[Sentence, ...]


def shown(
    visit: Visit,
    subject: Subject,
    values: Values,
    reading: Reading,
    *,
    hidden: Mapping[str, str],
    status: int = 200,
    theirs: tuple[Theirs, ...] = (),
) -> Response:
    """The page with the form; `theirs` is what it has to tell before it can be saved."""
    check = subject.check
    name = "" if check is None else name_of(check)
    heading = f"Edit {name}" if check is not None else "New check"
    problems = reading.problems
    view = FormView(
        heading=heading,
        name=name,
        path=subject.path,
        note=_note(problems, theirs, status=status),
        hidden=hidden,
        values=values,
        problems=problems,
        troubles=tuple(Trouble(anchor(field), LABELS[field]) for field in problems),
        theirs=theirs,
        open=_open(values, {*problems, *(each.anchor for each in theirs)}),
        units=UNITS,
        boxes=tuple(_box(each) for each in subject.channels),
        near_zones=tuple(dict.fromkeys((values["zone"], visit.clock.tz, visit.wiring.settings.tz, "UTC"))),
        zones=zone_choices(),
        understood=understood(reading, visit.clock),
        in_short=in_short(reading, subject.channels, visit.clock, is_new=check is None),
    )
    title = f"{'Error: ' if view.note else ''}{heading} · Overdue"
    around = frame(visit, title=title, icon="note", marks=("down", "clock"), current="/", refresh=None)
    return page(visit, "new.html", around, view, status=status)


def _note(problems: Mapping[str, Problem], theirs: tuple[Theirs, ...], *, status: int) -> str:
    if theirs:
        return "Nothing was saved: somebody else has changed this check since you opened this form."
    if not problems:
        return ""
    return "Nothing was saved yet." if status == 200 else "Nothing was saved."


def _open(values: Values, pointed_at: set[str]) -> frozenset[str]:
    plain = filled(BLANK, ())
    return frozenset(
        group
        for group, fields in _GROUPS.items()
        if any(field in pointed_at or values[field] != plain[field] for field in fields)
    )


def _box(channel: Channel) -> Box:
    """Whither it leads, as far as that is no secret."""
    match channel.kind:
        case "email":
            whither = f"email to {channel.target}"
        case "sms":
            whither = f"SMS to a number ending in {channel.target[-2:]}"
        case kind:
            whither = kind
    return Box(channel_field(channel), shown_text(channel.name), shown_text(whither))
