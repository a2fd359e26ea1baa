"""A form that makes a check, `/new`, and changes one, `/checks/{name}/edit`. It says in words what it understood.

Start at `new` and `edited`. The same form is sent for three things, told apart by the button: to save, to check, which
shows it again with what was understood, and by the script as one types, which gets just that. What a form holds is
`form`'s business, what it says `form_reading`'s, the words `understood`'s. Nothing that was typed is ever lost.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

from chalice.app import Response

from chalicelib.domain.check import EVERY_CHANNEL, Check, Code, Config, Verdict
from chalicelib.domain.configure import Edit, configure, new_check
from chalicelib.domain.errors import OverdueError
from chalicelib.domain.schedule import zone_choices
from chalicelib.store.registry import Channel
from chalicelib.web.answers import answer
from chalicelib.web.api.checks import carried_out, claim_slug, keep_probed, write_new
from chalicelib.web.api.merged import BLANK, slug_of
from chalicelib.web.pages.form import UNITS, Values, channel_field, digest, filled, taken
from chalicelib.web.pages.form_reading import Problem, Reading, read_form
from chalicelib.web.pages.form_saying import NAMELESS
from chalicelib.web.pages.frame import frame
from chalicelib.web.pages.named import check_named, with_slug
from chalicelib.web.pages.rendering import HEADERS, environment, page, see_other
from chalicelib.web.pages.standing import name_of, path_of, shown_text
from chalicelib.web.pages.understood import Sentence, Understood, in_short, understood
from chalicelib.web.pages.visit import Forbidden, Visit, changed, looked_at
from chalicelib.wiring import Wiring

_GROUPS = {  # of finer rules, which open where one of them is used
    "duration": ("min_runtime", "max_runtime"),
    "throughput": ("min_count", "count_window"),
    "patience": ("failures_before_alert", "misses_before_alert", "remind_every"),
    "exceptions": ("first_ping_by", "first_ping_at", "early", "windows"),
    "more": ("desc", "manual_resume", "post_only"),
    "answer": ("method", "expect_text", "slow", "certificate_days", "follow_redirects"),
}


class _ChangedMeanwhile(OverdueError):
    """The check is not any more what the form was filled from."""


@dataclass(frozen=True, slots=True)
class Box:
    """A channel to choose."""

    field: str
    name: str
    whither: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """A link to a field that needs another look."""

    field: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FormView:
    """All that `new.html` shows."""

    heading: str
    name: str  # of the check that is changed; "": a new one
    path: str  # of its page, or of the overview
    note: str  # why nothing was saved
    seen: str
    values: Values
    problems: Mapping[str, Problem]
    troubles: tuple[Trouble, ...]
    open: frozenset[str]  # groups of finer rules
    units: Mapping[str, str]
    boxes: tuple[Box, ...]
    near_zones: tuple[str, ...]
    zones: tuple[str, ...]
    understood: Understood
    in_short: tuple[Sentence, ...]


def new(wiring: Wiring, request: Any) -> Response:
    """`/new`."""
    return _form(wiring, request, None)


def edited(wiring: Wiring, request: Any, name: str) -> Response:
    """`/checks/{name}/edit`."""
    return _form(wiring, request, name)


def _form(wiring: Wiring, request: Any, name: str | None) -> Response:
    if request.to_original_event()["httpMethod"] == "POST":
        return changed(wiring, request, lambda visit: _sent(visit, _subject(visit, name)))
    return looked_at(wiring, request, lambda visit: _opened(visit, name))


@dataclass(frozen=True, slots=True)
class _Subject:
    """What the form is about."""

    check: Check | None  # None: it has yet to be made
    before: Config  # what the form is filled from
    channels: Sequence[Channel]  # of the project

    @property
    def path(self) -> str:
        return "/" if self.check is None else path_of(self.check, _own_slug(self.check.config))


def _subject(visit: Visit, name: str | None) -> _Subject:
    """A new check alerts everybody, and is in the reader's zone, unless the form says otherwise."""
    channels = visit.wiring.registry.channels(visit.project, now=visit.now)
    if name is None:
        return _Subject(None, replace(BLANK, tz=visit.clock.tz, channels=(EVERY_CHANNEL,)), channels)
    check = check_named(visit, name)
    return _Subject(check, check.config, channels)


def _own_slug(config: Config) -> dict[str, int]:
    return {config.slug: 1} if config.slug else {}


def _opened(visit: Visit, name: str | None) -> Response:
    if not visit.may_write:
        raise Forbidden("You are signed in to look only. To make or change a check, sign in with: overdue open")
    subject = _subject(visit, name)
    return _shown(visit, subject, filled(subject.before, subject.channels), Reading(subject.before, {}))


def _sent(visit: Visit, subject: _Subject) -> Response:
    values = taken(visit.form, filled(subject.before, subject.channels))
    reading = read_form(values, subject.before, subject.channels)
    if subject.check is None and not values["name"].strip():
        reading = replace(reading, problems={"name": Problem(NAMELESS), **reading.problems})
    match visit.form.get("do"):
        case "understood":
            return _fragment(visit, subject, reading)
        case "check":
            return _shown(visit, subject, values, reading)
        case _:
            return _saved(visit, subject, values, reading)


def _saved(visit: Visit, subject: _Subject, values: Values, reading: Reading) -> Response:
    """The check's own page; or the form again, with what is wrong."""
    config = reading.config
    if subject.check is None and not config.slug:
        config = replace(config, slug=slug_of(config.name))
    reading = Reading(config, {**reading.problems, **_slug_in_use(visit, subject, config)})
    if reading.problems:
        return _shown(visit, subject, values | {"slug": values["slug"] or config.slug}, reading, status=400)
    if subject.check is None:
        check = new_check(Code(str(uuid4())), project=visit.project, config=config, now=visit.now)
        write_new(visit.wiring.ports, check)
        return see_other(path_of(check, _own_slug(config)))
    try:
        return see_other(path_of(_edit(visit, subject.check, config), _own_slug(config)))
    except _ChangedMeanwhile as error:
        return _shown(visit, subject, values, reading, status=409, note=str(error))


def _slug_in_use(visit: Visit, subject: _Subject, config: Config) -> dict[str, Problem]:
    """Two checks of one slug could be pinged and found by it no more."""
    if not config.slug or config.slug == subject.before.slug:
        return {}
    others = with_slug(visit, config.slug)
    if not others:
        return {}
    text, rest = "Another check has this slug. ", " would no longer be found by it: choose another."
    return {"slug": Problem(text, config.slug, path_of(others[0], {config.slug: len(others)}), rest)}


def _edit(visit: Visit, shown: Check, config: Config) -> Check:
    """Raises _ChangedMeanwhile when somebody else was faster."""

    def decide(check: Check) -> Verdict:
        if check.config != shown.config or visit.form.get("seen") != _seen(shown.config):
            raise _ChangedMeanwhile(
                "Somebody has changed this check since this form was opened, so nothing was saved. "
                "Save again to let it be as it stands here"
            )
        keep_probed(check.code, check.config.probe, config.probe, now=visit.now)
        return configure(check, Edit(config), now=visit.now)

    after = carried_out(visit.wiring.ports, shown.code, decide, now=visit.now)
    if config.slug != shown.config.slug:
        claim_slug(after.project, config.slug, after.code)
    return after


def _seen(config: Config) -> str:
    return digest(filled(config, ()))


def _fragment(visit: Visit, subject: _Subject, reading: Reading) -> Response:
    """Just what was understood, for the script."""
    short = in_short(reading, subject.channels, visit.clock, is_new=subject.check is None)
    said = {"understood": understood(reading, visit.clock), "in_short": short}
    html = environment().get_template("new_understood.html").render(view=said)
    return answer(html, "text/html; charset=utf-8", visit.accepts, headers=HEADERS)


def _shown(
    visit: Visit, subject: _Subject, values: Values, reading: Reading, *, status: int = 200, note: str = ""
) -> Response:
    check = subject.check
    name = "" if check is None else name_of(check)
    heading = f"Edit {name}" if check is not None else "New check"
    problems = reading.problems if status != 200 or visit.form else {}
    view = FormView(
        heading=heading,
        name=name,
        path=subject.path,
        note=note
        or ("Nothing was saved yet." if problems and status == 200 else "Nothing was saved." if problems else ""),
        seen=_seen(subject.before),
        values=values,
        problems=problems,
        troubles=tuple(Trouble(field, field.replace("_", " ")) for field in problems),
        open=_open(values, problems),
        units=UNITS,
        boxes=tuple(_box(each) for each in subject.channels),
        near_zones=tuple(dict.fromkeys((values["zone"], visit.clock.tz, visit.wiring.settings.tz, "UTC"))),
        zones=zone_choices(),
        understood=understood(reading, visit.clock),
        in_short=in_short(reading, subject.channels, visit.clock, is_new=check is None),
    )
    title = f"{'Error: ' if problems or note else ''}{heading} · Overdue"
    around = frame(visit, title=title, icon="note", marks=("down", "clock"), current="/", refresh=None)
    return page(visit, "new.html", around, view, status=status)


def _open(values: Values, problems: Mapping[str, Problem]) -> frozenset[str]:
    plain = filled(BLANK, ())
    return frozenset(
        group
        for group, fields in _GROUPS.items()
        if any(field in problems or values[field] != plain[field] for field in fields)
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
