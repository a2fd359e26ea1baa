"""A form that makes a check, `/new`, and changes one, `/checks/{name}/edit`. It says in words what it understood.

Start at `new` and `edited`. The same form is sent for three things, told apart by the button: to save, to check, which
shows it again with what was understood, and by the script as one types, which gets just that. What a form holds is
`form`'s business, what it says `form_reading`'s, whether others were faster `form_meanwhile`'s, how it is shown
`form_view`'s. Nothing that was typed is ever lost, and a form that is sent twice makes one check.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from hmac import digest as hmac_of
from typing import Any
from uuid import UUID, uuid4

from chalice.app import Response

from chalicelib.domain.channels import EVERY_CHANNEL
from chalicelib.domain.check import Check
from chalicelib.domain.configure import Edit, new_check
from chalicelib.domain.errors import Conflict, NotFound, OverdueError
from chalicelib.domain.field_errors import FieldError
from chalicelib.domain.ids import Code, unique_key
from chalicelib.domain.limits.quota import NotAdmitted
from chalicelib.domain.slugs import slug_of
from chalicelib.fields.merge import BLANK
from chalicelib.runtime import Wiring
from chalicelib.services import checks, find_checks
from chalicelib.web.answers import answer
from chalicelib.web.pages.check_form.conflicts import Judged, judged, seen
from chalicelib.web.pages.check_form.form_fields import Values, digest, filled, taken
from chalicelib.web.pages.check_form.inputs import NAMELESS
from chalicelib.web.pages.check_form.parse import Problem, Reading, read_form
from chalicelib.web.pages.check_form.preview import in_short, understood
from chalicelib.web.pages.check_form.view import Subject, own_slug, shown
from chalicelib.web.pages.overview.position import path_of
from chalicelib.web.pages.shell.commands import command
from chalicelib.web.pages.shell.guards import WITH_POST, Forbidden, log_refusal, serve_form, serve_page
from chalicelib.web.pages.shell.render import HEADERS, environment, see_other
from chalicelib.web.pages.shell.visit import Visit

_NONCE = re.compile(r"[0-9a-f]{32}")


class _NotSaved(OverdueError):
    """The form is to be shown again first."""

    def __init__(self, check: Check, found: Judged) -> None:
        super().__init__("the form is to be shown again")
        self.check = check
        self.found = found


def new(wiring: Wiring, request: Any) -> Response:
    """`/new`."""
    return _form(wiring, request, None)


def edited(wiring: Wiring, request: Any, name: str) -> Response:
    """`/checks/{name}/edit`."""
    return _form(wiring, request, name)


def _form(wiring: Wiring, request: Any, name: str | None) -> Response:
    if request.to_original_event()["httpMethod"] == "POST":
        return serve_form(wiring, request, lambda visit: _sent(visit, _subject(visit, name)))
    return serve_page(wiring, request, lambda visit: _opened(visit, name), allowed=WITH_POST)


def _subject(visit: Visit, name: str | None) -> Subject:
    """A new check alerts everybody, and is in the reader's zone, unless the form says otherwise."""
    channels = visit.wiring.registry.channels(visit.project, now=visit.now)
    if name is None:
        return Subject(None, replace(BLANK, tz=visit.clock.tz, channels=(EVERY_CHANNEL,)), channels)
    check = _meant(visit, name)
    return Subject(check, check.config, channels)


def _meant(visit: Visit, name: str) -> Check:
    """The check that the form was opened for, though its slug may lead to another by now. Raises NotFound."""
    key = visit.form.get("check", "")
    ports, project = visit.wiring.ports, visit.project
    try:
        check = find_checks.named(ports, project, name)
    except NotFound:
        return find_checks.named(ports, project, key)
    return check if key in ("", unique_key(check.code)) else find_checks.named(ports, project, key)


def _opened(visit: Visit, name: str | None) -> Response:
    if not visit.may_write:
        how = command(visit, "open")
        raise Forbidden(
            f"You are signed in to look only. To make or change a check, sign in with: {how}", why="read_only"
        )
    subject = _subject(visit, name)
    values = filled(subject.before, subject.channels)
    return shown(visit, subject, values, Reading(subject.before, {}), hidden=_opening(subject, values))


def _opening(subject: Subject, values: Values) -> dict[str, str]:
    """What a form says of its opening. It stays so, until it has shown what somebody else has changed."""
    if subject.check is None:
        return {"opened": uuid4().hex}
    return {"check": unique_key(subject.check.code), "seen": seen(values)}


def _still(visit: Visit) -> dict[str, str]:
    """The same of the form that was sent."""
    return {name: visit.form[name] for name in ("opened", "check", "seen") if name in visit.form}


def _sent(visit: Visit, subject: Subject) -> Response:
    values = taken(visit.form, filled(subject.before, subject.channels))
    match visit.form.get("do"):
        case "understood":
            return _fragment(visit, subject, _read(visit, subject, values))
        case "check":
            return shown(visit, subject, values, _read(visit, subject, values), hidden=_still(visit))
        case _ if subject.check is None:
            return _made(visit, subject, values)
        case _:
            return _edited(visit, subject, subject.check, values)


def _read(visit: Visit, subject: Subject, values: Values) -> Reading:
    reading = read_form(values, subject.before, subject.channels, now=visit.now)
    if subject.check is None and not values["name"].strip():
        reading = replace(
            reading, problems={"name": Problem(FieldError("name", "empty", bound=NAMELESS).words()), **reading.problems}
        )
    return reading


def _made(visit: Visit, subject: Subject, values: Values) -> Response:
    """The new check's page; or the form again, with what is wrong."""
    code, ports = _code(visit, values), visit.wiring.ports
    try:
        return _at(find_checks.with_code(ports, visit.project, code))
    except NotFound:  # as a rule: it is sent for the first time
        pass
    reading = _read(visit, subject, values)
    config = reading.config
    if not config.slug and "slug" not in reading.problems:
        config = replace(config, slug=slug_of(config.name))
    reading = Reading(config, {**reading.problems, **_slug_in_use(visit, config.slug)})
    if reading.problems:
        values = values | {"slug": values["slug"] or config.slug}
        return shown(visit, subject, values, reading, hidden=_still(visit), status=400)
    check = new_check(code, project=visit.project, config=config, now=visit.now)
    try:
        checks.create(ports, visit.wiring.admission, check, by=visit.actor)
    except NotAdmitted as error:
        log_refusal(visit, "forbidden", "too_many_checks")
        reading = Reading(config, {"name": Problem(f"Not saved: {error}.")})
        return shown(visit, subject, values, reading, hidden=_still(visit), status=403)
    except Conflict:  # by the same form, sent twice at once
        check = find_checks.with_code(ports, visit.project, code)
    return _at(check)


def _code(visit: Visit, values: Values) -> Code:
    """The same for a form that is sent again as it was, so that it makes no second check; nobody else can guess it.

    Made from the opening of the form, the session's own token and all that was typed: whoever goes back and types
    something else makes another check.
    """
    nonce = visit.form.get("opened", "")
    if not _NONCE.fullmatch(nonce):
        return Code(str(uuid4()))
    said = f"new check {visit.project} {nonce} {digest(values)}"
    return Code(str(UUID(bytes=hmac_of(visit.csrf.encode(), said.encode(), "sha256")[:16], version=4)))


def _at(check: Check) -> Response:
    return see_other(path_of(check, own_slug(check.config)))


def _slug_in_use(visit: Visit, slug: str) -> dict[str, Problem]:
    """Two checks of one slug could be pinged and found by it no more."""
    others = find_checks.with_slug(visit.wiring.ports, visit.project, slug)
    if not others:
        return {}
    text, rest = "Another check has this slug. ", " would no longer be found by it: choose another."
    return {"slug": Problem(text, slug, path_of(others[0], {slug: len(others)}), rest)}


def _edited(visit: Visit, subject: Subject, check: Check, values: Values) -> Response:
    """The check's page; or the form again, with what is wrong, or what somebody else has changed."""

    def decide(check: Check) -> Edit:
        then = visit.form.get("seen", "")
        found = judged(values, then, check.config, subject.channels, now=visit.now)
        config = found.reading.config
        if config.slug != check.config.slug and not found.theirs:
            found = replace(found, reading=_with_problems(found.reading, _slug_in_use(visit, config.slug)))
        if found.theirs or found.reading.problems:
            raise _NotSaved(check, found)
        return Edit(config)

    ports = visit.wiring.ports
    try:
        return _at(checks.change(ports, check.code, decide, project=visit.project, now=visit.now, by=visit.actor))
    except _NotSaved as not_saved:
        return _again(visit, subject, not_saved)


def _with_problems(reading: Reading, more: Mapping[str, Problem]) -> Reading:
    return replace(reading, problems={**reading.problems, **more})


def _again(visit: Visit, subject: Subject, not_saved: _NotSaved) -> Response:
    found, subject = not_saved.found, replace(subject, check=not_saved.check, before=not_saved.check.config)
    hidden = {"check": unique_key(not_saved.check.code), "seen": found.seen}
    status = 409 if found.theirs else 400
    return shown(visit, subject, found.values, found.reading, hidden=hidden, status=status, theirs=found.theirs)


def _fragment(visit: Visit, subject: Subject, reading: Reading) -> Response:
    """Just what was understood, for the script."""
    short = in_short(reading, subject.channels, visit.clock, is_new=subject.check is None)
    said = {"understood": understood(reading, visit.clock), "in_short": short}
    html = environment().get_template("new_understood.html").render(view=said)
    return answer(html, "text/html; charset=utf-8", visit.accepts, headers=HEADERS)
