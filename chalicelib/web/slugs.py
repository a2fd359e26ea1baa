"""Pings by ping key and slug: which check is meant, and making it when it is asked for and not there."""

from uuid import uuid4

from chalicelib.domain.check import Code, Config
from chalicelib.domain.configure import new_check
from chalicelib.domain.options import LONGEST_SLUG, config_of_new
from chalicelib.store import checks, registry
from chalicelib.store.registry import Scope
from chalicelib.store.tables import Conflict, NotFound, Unavailable
from chalicelib.web.pings import Ambiguous, Heard, Refused
from chalicelib.wiring import Wiring


def find(wiring: Wiring, ping_key: str, slug: str, said: Heard) -> tuple[Code, bool]:
    """The code of the check, and whether it was made for this ping.

    Raises NotFound, Ambiguous, BadInput (nothing is made then), Unavailable.
    """
    key = wiring.registry.key(ping_key, now=said.ping.at)
    if key.scope is not Scope.PING:
        raise NotFound("no such ping key")
    claimed = None
    if len(slug) <= LONGEST_SLUG:  # a longer one is nobody's, and DynamoDB refuses to look for one over 1,024 bytes
        codes = checks.codes_by_slug(key.project, slug)
        if len(codes) > 1:
            raise Ambiguous("ambiguous slug")
        if codes:
            return codes[0], False
        # the index may not show yet what the last ping has made
        claimed = registry.claimed(key.project, slug)
        if claimed is not None and _bears(wiring, claimed, key.project, slug):
            return claimed, False
    if said.query.get("create") != "1":
        raise NotFound("no such slug")
    if said.refusal is not None:
        raise Refused(said.refusal)
    return _make(wiring, key.project, config_of_new(slug, said.query), claimed, said)


def _bears(wiring: Wiring, code: Code, project: str, slug: str) -> bool:
    """Whether a check is there and still bears the slug that was claimed for it."""
    try:
        check = checks.get(wiring.ports.tables, code)
    except NotFound:
        return False
    return (check.project, check.config.slug) == (project, slug)


def _make(wiring: Wiring, project: str, config: Config, claimed: Code | None, said: Heard) -> tuple[Code, bool]:
    """Make the check under a claimed code, so that two pings at once make one check.

    Who finds a claim without a check makes it himself: its owner is about to, or has died.
    """
    code = Code(str(uuid4())) if claimed is None or _is_taken(wiring, claimed) else claimed
    if code != claimed:
        try:
            registry.claim(project, config.slug, code, instead_of=claimed)
        except Conflict:
            winner = registry.claimed(project, config.slug)
            if winner is None:
                raise Unavailable("the slug's claim has just been given up: try again") from None
            code = winner
    try:
        checks.create(wiring.ports.tables, new_check(code, project=project, config=config, now=said.ping.at))
    except Conflict:
        return code, False
    return code, True


def _is_taken(wiring: Wiring, code: Code) -> bool:
    """Whether the claimed code now belongs to a check of another slug."""
    try:
        checks.get(wiring.ports.tables, code)
    except NotFound:
        return False
    return True
