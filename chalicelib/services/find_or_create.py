"""Find the check that a ping key and a slug mean, or create it if the ping asks for that (`?create=1`).

Of concurrent pings that ask for it, one creates the check: the slug's claim decides which.
"""

from collections.abc import Callable
from datetime import datetime
from uuid import uuid4

from chalicelib.domain.check import Check
from chalicelib.domain.config import Config
from chalicelib.domain.configure import new_check
from chalicelib.domain.errors import Ambiguous, Conflict, NotFound, Unavailable
from chalicelib.domain.ids import Code
from chalicelib.domain.slugs import LONGEST_SLUG
from chalicelib.services.admission import Admission
from chalicelib.services.security_log import Actor, log_change
from chalicelib.services.transaction import Ports
from chalicelib.store import checks
from chalicelib.store.registry import slug_claims


def find_or_create(
    ports: Ports, admission: Admission, slug: str, *, config: Callable[[], Config] | None, now: datetime, by: Actor
) -> tuple[Code, bool]:
    """The code of the check with this slug in the caller's project, and whether this call created it.

    `config` is asked for the configuration only if there is no such check; None: create none. Raises NotFound,
    Ambiguous, what `config` raises, NotAdmitted (nothing is created then), and Unavailable.
    """
    can_exist = len(slug) <= LONGEST_SLUG  # DynamoDB refuses to look for one over 1,024 bytes
    codes = checks.codes_by_slug(by.project, slug) if can_exist else []
    if len(codes) > 1:
        raise Ambiguous("ambiguous slug")
    if codes:
        return codes[0], False
    # the index may not show yet what the last ping has created
    claimed = slug_claims.claimed(by.project, slug) if can_exist else None
    holder = None if claimed is None else _existing(ports, claimed)  # read once: it may have changed at a second read
    if holder is not None and (holder.project, holder.config.slug) == (by.project, slug):
        return holder.code, False
    if config is None:
        raise NotFound("no such slug")
    wanted = config()
    admission.admit(by.project, by_ping=True, now=now)
    if claimed is None or holder is not None:  # noqa: SIM108  # unclaimed, or claimed by a check that has another slug now
        code = _claim(by.project, slug, instead_of=claimed)
    else:  # its owner is about to create the check, or has died: whoever is first creates it
        code = claimed
    return code, _create(ports, new_check(code, project=by.project, config=wanted, now=now), by=by)


def _existing(ports: Ports, code: Code) -> Check | None:
    try:
        return checks.get(ports.tables, code)
    except NotFound:
        return None


def _claim(project: str, slug: str, *, instead_of: Code | None) -> Code:
    """A code for the check of this slug: ours, or that of a faster ping, so that concurrent pings create one check."""
    code = Code(str(uuid4()))
    try:
        slug_claims.claim(project, slug, code, instead_of=instead_of)
    except Conflict:
        winner = slug_claims.claimed(project, slug)
        if winner is None:
            raise Unavailable("the slug's claim has just been given up: try again") from None
        return winner
    return code


def _create(ports: Ports, check: Check, *, by: Actor) -> bool:
    """Whether this call created the check. False: another ping has."""
    try:
        checks.create(ports.tables, check)
    except Conflict:
        return False
    log_change(by, None, check)
    return True
