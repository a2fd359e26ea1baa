"""Pings by ping key and slug: which check is meant, and making it when it is asked for and not there."""

from uuid import uuid4

from chalicelib.domain.check import Check
from chalicelib.domain.config import Config
from chalicelib.domain.configure import new_check
from chalicelib.domain.errors import Conflict, NotFound, Unavailable, WrongKey
from chalicelib.domain.field_errors import FieldError
from chalicelib.domain.ids import Code
from chalicelib.domain.keys import Key, Scope
from chalicelib.domain.slugs import LONGEST_SLUG
from chalicelib.runtime import Wiring
from chalicelib.security_log import Actor, log_change
from chalicelib.store import checks
from chalicelib.store.registry import slug_claims
from chalicelib.web.ping import Ambiguous, Heard, Refused


def find(wiring: Wiring, ping_key: str, slug: str, said: Heard) -> tuple[Code, bool]:
    """The code of the check, and whether this ping created it.

    Raises NotFound, Ambiguous, BadInput, NotAdmitted (then nothing is created), Unavailable.
    """
    key = wiring.registry.key(ping_key, now=said.ping.at)
    if key.scope is not Scope.PING:
        raise WrongKey("no such ping key", prefix=key.prefix)
    can_exist = len(slug) <= LONGEST_SLUG  # DynamoDB refuses to look for one over 1,024 bytes
    codes = checks.codes_by_slug(key.project, slug) if can_exist else []
    if len(codes) > 1:
        raise Ambiguous("ambiguous slug")
    if codes:
        return codes[0], False
    # the index may not show yet what the last ping has made
    claimed = slug_claims.claimed(key.project, slug) if can_exist else None
    holder = None if claimed is None else _check(wiring, claimed)  # read once: a second look may see another world
    if holder is not None and (holder.project, holder.config.slug) == (key.project, slug):
        return holder.code, False
    if said.query.get("create") != "1":
        raise NotFound("no such slug")
    if said.refusal is not None:
        raise Refused(said.refusal)
    config = _config_of_new(slug, said)
    wiring.admission.admit(key.project, by_ping=True, now=said.ping.at)
    if claimed is None or holder is not None:  # noqa: SIM108  # nobody's yet, or of a check that bears another slug by now
        code = _claim(key.project, slug, instead_of=claimed)
    else:  # its owner is about to make the check, or has died: whoever is first makes it
        code = claimed
    return _make(wiring, code, key, config, said)


def _config_of_new(slug: str, said: Heard) -> Config:
    from chalicelib.fields.create import config_of_new, parameter_of  # most pings create no check

    try:
        return config_of_new(slug, said.query, now=said.ping.at)
    except FieldError as error:
        raise Refused(error.told(parameter_of)) from error


def _check(wiring: Wiring, code: Code) -> Check | None:
    try:
        return checks.get(wiring.ports.tables, code)
    except NotFound:
        return None


def _claim(project: str, slug: str, *, instead_of: Code | None) -> Code:
    """A code for the check of this slug: ours, or that of who was faster, so that two pings at once make one check."""
    code = Code(str(uuid4()))
    try:
        slug_claims.claim(project, slug, code, instead_of=instead_of)
    except Conflict:
        winner = slug_claims.claimed(project, slug)
        if winner is None:
            raise Unavailable("the slug's claim has just been given up: try again") from None
        return winner
    return code


def _make(wiring: Wiring, code: Code, key: Key, config: Config, said: Heard) -> tuple[Code, bool]:
    check = new_check(code, project=key.project, config=config, now=said.ping.at)
    try:
        checks.create(wiring.ports.tables, check)
    except Conflict:
        return code, False
    by = Actor(by="ping_key", project=key.project, name=key.name, key_prefix=key.prefix, source=said.source)
    log_change(by, None, check)
    return code, True
