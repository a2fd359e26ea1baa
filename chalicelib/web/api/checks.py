"""Checks in the Management API: list, read, make, edit, pause, resume, delete. Parse, call a decision, answer.

What a request may say is `fields`' business, how a check looks `shape`'s, what a change does `domain.configure`'s.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from http import HTTPStatus
from uuid import uuid4

from chalice.app import Response

from chalicelib import log
from chalicelib.domain.channels import Channel
from chalicelib.domain.check import Check, Status, Verdict
from chalicelib.domain.config import Config, Step
from chalicelib.domain.configure import Change, Edit, Pause, Resume, configure, new_check
from chalicelib.domain.errors import Conflict, NotFound, OverdueError, Unavailable
from chalicelib.domain.ids import Code, short, unique_key
from chalicelib.domain.keys import Scope
from chalicelib.domain.sources.probe import Probe
from chalicelib.fields.merge import Said
from chalicelib.security_log import Actor, log_change
from chalicelib.services.transaction import Ports, change, deliver, make_groups_due
from chalicelib.store import batch_get, checks
from chalicelib.store.registry import escalations, probes, slug_claims
from chalicelib.web.answers import json_answer
from chalicelib.web.api import matching, related
from chalicelib.web.api.call import Call, Forbidden
from chalicelib.web.api.schema.shape import Viewer, shaped

_SLUG = re.compile(r"[a-z0-9_-]{1,100}")


class NotPaused(OverdueError):
    """Only a paused check can be resumed."""


def listed(call: Call) -> Response:
    """`GET checks/`, by tags (all of them) and slug."""
    slug, tags = call.last("slug"), set(call.query.get("tag", ()))
    found = [check for check in _of_slug(call, slug) if tags.issubset(check.config.tags.split())]
    viewer = replace(_viewer(call, found), is_list=True)
    return json_answer({"checks": [shaped(check, viewer) for check in found]}, call.accepts)


def _of_slug(call: Call, slug: str | None) -> list[Check]:
    """The project's checks, oldest first; only those with the slug, unless it is empty."""
    if not slug:
        return of_project(call)
    if not _SLUG.fullmatch(slug):
        return []
    codes = checks.codes_by_slug(call.key.project, slug)
    if not codes:  # the index may not show yet what has just been made
        claimed = slug_claims.claimed(call.key.project, slug)
        codes = [] if claimed is None else [claimed]
    found = batch_get.checks(call.wiring.ports.tables, codes, sleep=call.wiring.ports.sleep)
    return [check for check in found if (check.project, check.config.slug) == (call.key.project, slug)]


def of_project(call: Call) -> list[Check]:
    """All checks of the key's project, oldest first."""
    ports = call.wiring.ports
    return batch_get.checks(ports.tables, batch_get.codes(ports.tables, call.key.project), sleep=ports.sleep)


def one(call: Call) -> Response:
    """`GET checks/{code}`."""
    return told(call, own(call, Code(call.place["code"])))


def one_by_unique_key(call: Call) -> Response:
    """`GET checks/{unique_key}`."""
    return told(call, by_unique_key(call))


def own(call: Call, code: Code) -> Check:
    """A check of the key's project. Raises NotFound, Forbidden."""
    return _owned(call, checks.get(call.wiring.ports.tables, code))


def _owned(call: Call, check: Check) -> Check:
    if check.project != call.key.project:
        raise Forbidden(short(check.code))
    return check


def by_unique_key(call: Call) -> Check:
    """The check of the project with this unique key: a look at all its codes. Raises NotFound."""
    tables, wanted = call.wiring.ports.tables, call.place["unique_key"]
    for code in batch_get.codes(tables, call.key.project):
        if unique_key(code) == wanted:
            return own(call, code)
    raise NotFound("no check has this unique key")


def made(call: Call) -> Response:
    """`POST checks/`: a new check, or with `unique` an edit of the one that matches."""
    from chalicelib.fields.merge import BLANK, require_future_first_ping
    from chalicelib.web.api.merged import merged
    from chalicelib.web.api.schema.fields import read

    said, channels = read(call.body, has_extras=call.version.has_extras), _channels(call)
    found = matching.oldest(said, lambda slug: _of_slug(call, slug))
    if found is not None:
        return _edited(call, found.code)
    named = _named(call, None, said, before=BLANK)
    config = merged(BLANK, said, version=call.version, channels=channels, policies=_policies(call, said), named=named)
    require_future_first_ping(config, before=BLANK, now=call.now)
    code = Code(str(uuid4()))
    check = new_check(code, project=call.key.project, config=config, now=call.now)
    related.insist_on_other_parents(call.wiring.ports, check)
    call.wiring.admission.admit(call.key.project, by_ping=False, now=call.now)
    if matching.names_all(said):
        made_by_another = matching.claimed(call.wiring.ports, call.key.project, said, code)
        if made_by_another is not None:
            return _edited(call, made_by_another)
    write_new(call.wiring.ports, check, by=call.actor)
    return told(call, _with_members(call.wiring.ports, check, now=call.now), status=HTTPStatus.CREATED)


def write_new(ports: Ports, check: Check, *, by: Actor) -> None:
    """Let a check begin that has just been made. Raises Unavailable."""
    keep_probed(check.code, None, check.config.probe, now=check.created_at)
    checks.create(ports.tables, check)
    log_change(by, None, check)
    claim_slug(check.project, check.config.slug, check.code)


def edited(call: Call) -> Response:
    """`POST checks/{code}`."""
    return _edited(call, Code(call.place["code"]))


def _edited(call: Call, code: Code) -> Response:
    from chalicelib.fields.merge import require_future_first_ping
    from chalicelib.web.api.merged import merged
    from chalicelib.web.api.schema.fields import read

    channels, before = _channels(call), ""

    def edit(check: Check) -> Config:
        nonlocal before
        before = check.config.slug
        said = read(call.body, has_extras=call.version.has_extras)
        policies, named = _policies(call, said), _named(call, code, said, before=check.config)
        config = merged(check.config, said, version=call.version, channels=channels, policies=policies, named=named)
        require_future_first_ping(config, before=check.config, now=call.now)
        related.insist_on_other_parents(call.wiring.ports, replace(check, config=config))
        if config.group is not None and check.config.group is None:
            related.insist_on_no_group_above(call.wiring.ports, check)
        keep_probed(code, check.config.probe, config.probe, now=call.now)
        return config

    check = changed(call, code, lambda check: Edit(edit(check)))
    if check.config.slug != before:
        claim_slug(check.project, check.config.slug, check.code)
    return told(call, check)


def _named(call: Call, code: Code | None, said: Said, *, before: Config) -> related.Named:
    """The checks that a request names, as far as they may be named. `code` is None for a new check. Raises Refused."""
    named = related.known_as(call.wiring.ports, call.key.project, said, before=before)
    if named:
        related.insist_on_plain_members(code, [named[name] for name in related.members_of(said)])
        if code is not None:
            related.insist_on_no_circle(call.wiring.ports, code, named.values())
    return named


def _policies(call: Call, said: Said) -> Mapping[str, tuple[Step, ...]]:
    """Those of the project, as far as a request asks for one."""
    return escalations.of_project(call.key.project) if said.get("escalation_policy") else {}


def keep_probed(code: Code, before: Probe | None, after: Probe | None, *, now: datetime) -> None:
    """Let the prober know, before the check is written: a row too many is dropped, one too few would never come."""
    if after is not None and after != before:
        probes.keep(code, after.every, now=now)


def claim_slug(project: str, slug: str, code: Code) -> None:
    """Let pings by slug find the check at once: the index may lag. Nothing to do where another has the slug, too."""
    if not slug:
        return
    try:
        slug_claims.claim(project, slug, code, instead_of=None)
    except Conflict:
        return
    except Unavailable as error:  # the check is there: a repeat of the request would make another
        log.event("slug_not_claimed", check=short(code), why=str(error))


def paused(call: Call) -> Response:
    """`POST checks/{code}/pause`, also of a paused one."""
    return told(call, changed(call, Code(call.place["code"]), lambda _: Pause()))


def resumed(call: Call) -> Response:
    """`POST checks/{code}/resume`. Raises NotPaused."""
    return told(call, changed(call, Code(call.place["code"]), _resume))


def _resume(check: Check) -> Resume:
    if check.status is not Status.PAUSED:
        raise NotPaused("check is not paused")
    return Resume()


def changed(call: Call, code: Code, decide: Callable[[Check], Change]) -> Check:
    """The check after a change, written; what the change has to tell is let out. Raises as `own` and `decide`."""

    def verdict(check: Check) -> Verdict:
        return configure(_owned(call, check), decide(check), now=call.now)

    return carried_out(call.wiring.ports, code, verdict, now=call.now, by=call.actor)


def carried_out(ports: Ports, code: Code, decide: Callable[[Check], Verdict], *, now: datetime, by: Actor) -> Check:
    """The check after a decision, written; what it has to tell is let out, by the sweep where that cannot be now."""
    written = change(ports, code, decide)
    after = written.check
    log_change(by, written.outcome.before, after)
    try:
        return _with_members(ports, deliver(ports, after, now=now), now=now)
    except (NotFound, Unavailable) as error:
        log.event("left_to_the_sweep", check=short(code), why=str(error))
        return after


def _with_members(ports: Ports, check: Check, *, now: datetime) -> Check:
    """A group as its members make it, at once."""
    if check.config.group is None:
        return check
    from chalicelib.services.groups import looked_at  # most deployments have none

    return looked_at(ports, check, now=now)


def deleted(call: Call) -> Response:
    """`DELETE checks/{code}`: the check as it was. Its slug is free again."""
    code = own(call, Code(call.place["code"])).code
    return told(call, removed(call.wiring.ports, code, project=call.key.project, now=call.now, by=call.actor))


def removed(ports: Ports, code: Code, *, project: str, now: datetime, by: Actor) -> Check:
    """The check as it was, deleted; its slug is free again. Raises NotFound, also for another project's."""
    check = checks.delete(ports.tables, code, project=project)
    log_change(by, check, None)
    if check.config.slug:
        slug_claims.release(project, check.config.slug, code)
    if check.in_groups:
        make_groups_due(ports, check, now=now)
    return check


def told(call: Call, check: Check, *, status: HTTPStatus = HTTPStatus.OK) -> Response:
    """A check as the answer."""
    return json_answer(shaped(check, _viewer(call, [check])), call.accepts, status=status)


def _viewer(call: Call, told: Sequence[Check]) -> Viewer:
    return Viewer(
        base=call.wiring.settings.base_url,
        version=call.version,
        may_write=call.key.scope is Scope.READ_WRITE,
        channel_ids=[channel.id for channel in _channels(call)],
        badge_secret=call.wiring.registry.badge_secret(now=call.now),
        now=call.now,
        slugs=related.slugs_of(call.wiring.ports, told) if call.version.has_extras else {},
    )


def _channels(call: Call) -> Sequence[Channel]:
    return call.wiring.registry.channels(call.key.project, now=call.now)
