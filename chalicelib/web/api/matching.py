"""Which check does a POST with `unique` mean? (docs/reference/wire.md, Management API: `unique`)

Start at `oldest`. Where it finds none, `claimed` lets one of several requests at once make the check, and tells the
others which one that is: the index that `oldest` goes by may not show it yet.
"""

import json
from collections.abc import Callable, Iterable
from hashlib import sha256

from chalicelib.domain.check import Check
from chalicelib.domain.errors import Conflict, NotFound, Unavailable
from chalicelib.domain.ids import Code
from chalicelib.fields.merge import Said
from chalicelib.fields.table import BY_NAME
from chalicelib.services.transaction import Ports
from chalicelib.store import checks
from chalicelib.store.registry import slug_claims

MOST_TRIES = 5
PAUSE_S = 0.1  # in which who has claimed makes its check, a write of 10 ms


def oldest(said: Said, of_slug: Callable[[str | None], Iterable[Check]]) -> Check | None:
    """The oldest check with the values of all fields that `unique` lists; None when one of them was not said.

    `of_slug` gives the project's checks, oldest first, with a slug or all of them.
    """
    if not names_all(said):
        return None
    candidates = of_slug(said["slug"] if "slug" in said["unique"] else None)
    return next((check for check in candidates if _is_meant(check, said)), None)


def names_all(said: Said) -> bool:
    """Whether `unique` lists fields, and all of them were said: else each request makes a check."""
    listed = said.get("unique", [])
    return bool(listed) and said.keys() >= set(listed)


def _is_meant(check: Check, said: Said) -> bool:
    return all(BY_NAME[name].of(check.config) == said[name] for name in said["unique"])


def claimed(ports: Ports, project: str, said: Said, code: Code) -> Code | None:
    """Claim the values of the `unique` fields for a check that is to be made under this code.

    Returns None: the claim is ours, make it; or the code of the check that another request has made with them. A claim
    whose check does not appear within some pauses is taken over: who made it has died, or the check is deleted.
    Raises Unavailable when too many want it at once.
    """
    name = _claim(said)
    for attempt in range(MOST_TRIES):
        holder = slug_claims.claimed(project, name)
        found = None if holder is None else _there(ports, holder)
        if found is not None and found.project == project and _is_meant(found, said):
            return found.code
        if holder is not None and found is None and attempt < MOST_TRIES - 2:
            ports.sleep(PAUSE_S)
            continue
        try:
            slug_claims.claim(project, name, code, instead_of=holder)
        except Conflict:
            ports.sleep(PAUSE_S)
            continue
        return None
    raise Unavailable("many requests make this check at once: try again in a few seconds")


def _claim(said: Said) -> str:
    """The name of the claim, beside those of slugs: none of these has an equals sign."""
    values = {name: BY_NAME[name].kind.json(said[name]) for name in said["unique"]}
    return "=" + sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def _there(ports: Ports, code: Code) -> Check | None:
    try:
        return checks.get(ports.tables, code)
    except NotFound:
        return None
