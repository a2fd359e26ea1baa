"""Which check the address of a page names: `/checks/{slug}` or `/checks/{unique key}`, never its code.

Start at `check_named`. How such an address is made stands in `standing.path_of`.
"""

import re

from chalicelib.domain.check import Check
from chalicelib.domain.errors import NotFound
from chalicelib.domain.ids import unique_key
from chalicelib.store import batch_get, checks
from chalicelib.store.registry import slug_claims
from chalicelib.web.pages.shell.visit import Visit

_UNIQUE_KEY = re.compile(r"[0-9a-f]{40}")
_SLUG = re.compile(r"[a-z0-9_-]{1,100}")


def check_named(visit: Visit, name: str) -> Check:
    """The check of the reader's project; of several with one slug the oldest. Raises NotFound.

    By slug, two reads; by unique key, a query of all codes.
    """
    found = with_slug(visit, name) or _with_unique_key(visit, name)
    if not found:
        raise NotFound("no check of this project is called so")
    return found[0]


def with_slug(visit: Visit, slug: str) -> list[Check]:
    """The checks of the reader's project that have a slug, oldest first; the index may not know the newest yet."""
    if not _SLUG.fullmatch(slug):
        return []
    codes = checks.codes_by_slug(visit.project, slug)
    claimed = slug_claims.claimed(visit.project, slug)
    if claimed is not None and claimed not in codes:
        codes = [*codes, claimed]
    found = batch_get.checks(visit.wiring.ports.tables, codes, sleep=visit.wiring.ports.sleep)
    return [check for check in found if (check.project, check.config.slug) == (visit.project, slug)]


def _with_unique_key(visit: Visit, name: str) -> list[Check]:
    if not _UNIQUE_KEY.fullmatch(name):
        return []
    ports = visit.wiring.ports
    codes = [code for code in batch_get.codes(ports.tables, visit.project) if unique_key(code) == name]
    return batch_get.checks(ports.tables, codes, sleep=ports.sleep)
