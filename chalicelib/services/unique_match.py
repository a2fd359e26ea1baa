"""Find the check that a request with `unique` means (docs/reference/wire.md, Management API: `unique`).

`wanted` maps the fields that `unique` lists to their values, as the API has them: durations in seconds. Start at
`oldest`. Where it finds none, `claim` lets one of several concurrent requests create the check, and tells the others
which one that is: the index that `oldest` reads may lag behind.
"""

import json
from collections.abc import Mapping
from hashlib import sha256

from chalicelib.domain.check import Check
from chalicelib.domain.errors import Conflict, NotFound, Unavailable
from chalicelib.domain.ids import Code
from chalicelib.fields.table import BY_NAME
from chalicelib.services import find_checks
from chalicelib.services.transaction import Ports
from chalicelib.store import checks
from chalicelib.store.registry import slug_claims

MOST_TRIES = 5
PAUSE_S = 0.1  # in which the request that holds the claim creates its check, a write of 10 ms


def oldest(ports: Ports, project: str, wanted: Mapping[str, object]) -> Check | None:
    """The oldest check of the project with all these values."""
    slug = wanted.get("slug")
    candidates = find_checks.with_slug(ports, project, str(slug)) if slug else find_checks.all_checks(ports, project)
    return next((check for check in candidates if _is_meant(check, wanted)), None)


def _is_meant(check: Check, wanted: Mapping[str, object]) -> bool:
    return all(_value(check, name) == value for name, value in wanted.items())


def _value(check: Check, name: str) -> object:
    """As the API has it; None for the period of a check with a schedule."""
    field = BY_NAME[name]
    value = field.of(check.config)
    return None if value is None else field.kind.json(value)


def claim(ports: Ports, project: str, wanted: Mapping[str, object], code: Code) -> Code | None:
    """Claim these values for a check that is to be created under this code.

    Returns None if the claim is ours, else the code of the check that another request has created with them. A claim
    whose check does not appear within some pauses is taken over: its request has died, or the check was deleted.
    Raises Unavailable when too many requests want it at once.
    """
    name = _claim_name(wanted)
    for attempt in range(MOST_TRIES):
        holder = slug_claims.claimed(project, name)
        found = None if holder is None else _existing(ports, holder)
        if found is not None and found.project == project and _is_meant(found, wanted):
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
    raise Unavailable("many requests create this check at once: try again in a few seconds")


def _claim_name(wanted: Mapping[str, object]) -> str:
    """The name of the claim, beside those of slugs, none of which has an equals sign."""
    return "=" + sha256(json.dumps(dict(wanted), sort_keys=True).encode()).hexdigest()


def _existing(ports: Ports, code: Code) -> Check | None:
    try:
        return checks.get(ports.tables, code)
    except NotFound:
        return None
