"""Find the checks of a project: all of them, or by code, unique key or slug.

API, pages, badges and metrics ask here. What a check names in its configuration is found by `relations`.
"""

import re

from chalicelib.domain.check import Check
from chalicelib.domain.errors import NotFound
from chalicelib.domain.ids import Code, short, unique_key
from chalicelib.domain.slugs import SLUG
from chalicelib.services.transaction import Ports
from chalicelib.store import batch_get, checks
from chalicelib.store.registry import slug_claims

_UNIQUE_KEY = re.compile(r"[0-9a-f]{40}")


class OtherProject(NotFound):
    """The check belongs to another project. `check` is its short code."""

    def __init__(self, code: Code) -> None:
        super().__init__(f"check {short(code)} belongs to another project")
        self.check = short(code)


def require_project(check: Check, project: str) -> Check:
    """The check, if it belongs to the project. Raises OtherProject."""
    if check.project != project:
        raise OtherProject(check.code)
    return check


def all_checks(ports: Ports, project: str) -> list[Check]:
    """All checks of a project, oldest first. A query per 1 MB of keys, a BatchGet per 100 checks."""
    return batch_get.checks(ports.tables, batch_get.codes(ports.tables, project), sleep=ports.sleep)


def with_code(ports: Ports, project: str, code: Code) -> Check:
    """The check with this code. One read. Raises NotFound, and OtherProject."""
    return require_project(checks.get(ports.tables, code), project)


def with_unique_key(ports: Ports, project: str, key: str) -> Check:
    """The check with this unique key. A query of all codes of the project, and one read. Raises NotFound."""
    codes = batch_get.codes(ports.tables, project) if _UNIQUE_KEY.fullmatch(key) else []
    for code in codes:
        if unique_key(code) == key:
            return with_code(ports, project, code)
    raise NotFound("no check has this unique key")


def named(ports: Ports, project: str, name: str) -> Check:
    """The check with this slug, of several the oldest, or with this unique key. Raises NotFound.

    This is how addresses of pages name a check: nobody can ping it by such a name.
    """
    found = with_slug(ports, project, name)
    return found[0] if found else with_unique_key(ports, project, name)


def with_slug(ports: Ports, project: str, slug: str) -> list[Check]:
    """The checks with this slug, oldest first. One query and a BatchGet.

    Where the index has none, one that has just been created is found by the claim of its slug: two reads more.
    """
    if not SLUG.fullmatch(slug):
        return []
    found = _having(ports, project, slug, checks.codes_by_slug(project, slug))
    if found:
        return found
    claimed = slug_claims.claimed(project, slug)
    return [] if claimed is None else _having(ports, project, slug, [claimed])


def _having(ports: Ports, project: str, slug: str, codes: list[Code]) -> list[Check]:
    """Those that have the slug now: the index may lag behind."""
    found = batch_get.checks(ports.tables, codes, sleep=ports.sleep)
    return [check for check in found if (check.project, check.config.slug) == (project, slug)]
