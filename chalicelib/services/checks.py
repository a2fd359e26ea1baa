"""Create, change and delete a check: the use cases of the Management API, the forms and the links in alerts.

Start at `create` and `change`. What a change does to a check is decided in `domain.configure`, who may ask for it at
each edge. Checks that a ping creates are `find_or_create`'s.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

from chalicelib import log
from chalicelib.domain.check import Check, Status, Verdict
from chalicelib.domain.configure import Acknowledge, Change, Edit, configure
from chalicelib.domain.errors import Conflict, NotFound, OverdueError, Unavailable
from chalicelib.domain.ids import Code, short
from chalicelib.domain.sources.probe import Probe
from chalicelib.domain.text.display_status import as_of
from chalicelib.services import transaction, unique_match
from chalicelib.services.admission import Admission
from chalicelib.services.find_checks import require_project
from chalicelib.services.security_log import Actor, log_change
from chalicelib.services.transaction import Ports
from chalicelib.store import checks
from chalicelib.store.registry import probes, slug_claims


class NotDown(OverdueError):
    """Only an outage can be acknowledged."""


class AlreadyCreated(OverdueError):
    """Another request has just created the check that was asked for. `code` is that check's."""

    def __init__(self, code: Code) -> None:
        super().__init__(f"check {short(code)} has just been created by another request")
        self.code = code


def create(
    ports: Ports, admission: Admission, check: Check, *, by: Actor, unique: Mapping[str, object] | None = None
) -> Check:
    """Create a check, and return it; a group, as its members make it. `unique`: see `unique_match`.

    Raises NotAdmitted, AlreadyCreated, Conflict if its code is taken, and Unavailable.
    """
    now = check.created_at
    admission.admit(check.project, by_ping=False, now=now)
    if unique is not None:
        existing = unique_match.claim(ports, check.project, unique, check.code)
        if existing is not None:
            raise AlreadyCreated(existing)
    _register_probe(check.code, None, check.config.probe, now=now)
    checks.create(ports.tables, check)
    log_change(by, None, check)
    _claim_slug(check)
    return _with_members(ports, check, now=now)


def change(
    ports: Ports, code: Code, decide: Callable[[Check], Change | None], *, project: str, now: datetime, by: Actor
) -> Check:
    """Change a check of a project, publish what the change has to tell, and return the check.

    `decide` returns the change, or None for none; it is asked again if another change came in between. What cannot be
    published now is left to the sweep. Raises NotFound, OtherProject, Unavailable, and what `decide` raises.
    """

    def verdict(check: Check) -> Verdict:
        wanted = decide(require_project(check, project))
        if wanted is None:
            return Verdict(check, check)
        if isinstance(wanted, Edit):
            _register_probe(code, check.config.probe, wanted.config.probe, now=now)
        return configure(check, wanted, now=now)

    written = transaction.change(ports, code, verdict)
    before, after = written.outcome.before, written.check
    log_change(by, before, after)
    try:
        after = _with_members(ports, transaction.deliver(ports, after, now=now), now=now)
    except (NotFound, Unavailable) as error:
        log.event("left_to_the_sweep", check=short(code), why=str(error))
    if after.config.slug != before.config.slug:
        _claim_slug(after)
    return after


def acknowledge(check: Check, *, by: str, now: datetime) -> Acknowledge:
    """The change that acknowledges the outage of a check. Raises NotDown."""
    if as_of(check, now=now).status is not Status.DOWN:
        raise NotDown(f"check {short(check.code)} is not down")
    return Acknowledge(by=by)


def delete(ports: Ports, code: Code, *, project: str, now: datetime, by: Actor) -> Check:
    """Delete a check, and return it as it was. Its slug is free again.

    Raises NotFound, also for a check of another project, and Unavailable.
    """
    check = checks.delete(ports.tables, code, project=project)
    log_change(by, check, None)
    if check.config.slug:
        slug_claims.release(project, check.config.slug, code)
    if check.in_groups:
        transaction.make_groups_due(ports, check, now=now)
    return check


def _with_members(ports: Ports, check: Check, *, now: datetime) -> Check:
    """A group, evaluated at once."""
    if check.config.group is None:
        return check
    from chalicelib.services.groups import evaluate_at_once  # most have none: 1 % of a cold start

    return evaluate_at_once(ports, check, now=now)


def _register_probe(code: Code, before: Probe | None, after: Probe | None, *, now: datetime) -> None:
    """Let the prober know, before the check is written: it drops a row too many, and would never see one too few."""
    if after is not None and after != before:
        probes.keep(code, after.every, now=now)


def _claim_slug(check: Check) -> None:
    """Let pings by slug find the check at once, though the index lags. If another check has the slug, do nothing."""
    if not check.config.slug:
        return
    try:
        slug_claims.claim(check.project, check.config.slug, check.code, instead_of=None)
    except Conflict:
        return
    except Unavailable as error:  # the check is there: a repeat of the request would create another
        log.event("slug_not_claimed", check=short(check.code), why=str(error))
