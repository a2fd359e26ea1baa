"""Who made the check of a slug, when several requests would make it at once: a claim in the registry, strongly read.

The index of slugs shows a new check only some milliseconds later, so that it alone could not tell.
Rows: `slug#<project>` / `<slug>` or `=<digest>` (of the values of a `unique`).
"""

from pynamodb.exceptions import DeleteError, PutError

from chalicelib.domain.errors import Conflict
from chalicelib.domain.ids import Code
from chalicelib.store.tables import CONDITION_FAILED, RegistryItem, talking


def claimed(project: str, slug: str) -> Code | None:
    """The code that a `?create=1` has claimed for a slug, strongly read; None when nobody has."""
    try:
        with talking:
            row = RegistryItem.get(f"slug#{project}", slug, consistent_read=True)
    except RegistryItem.DoesNotExist:
        return None
    assert row.code is not None, "a claim always bears a code"
    return Code(row.code)


def claim(project: str, slug: str, code: Code, *, instead_of: Code | None) -> None:
    """Claim a slug for a code, if the claim is what it was. Raises Conflict: somebody else was faster."""
    row = RegistryItem(f"slug#{project}", slug, code=code)
    unchanged = RegistryItem.pk.does_not_exist() if instead_of is None else RegistryItem.code == instead_of
    try:
        with talking:
            row.save(condition=unchanged)
    except PutError as error:
        if error.cause_response_code != CONDITION_FAILED:
            raise
        raise Conflict(f"slug {slug} has just been claimed") from error


def release(project: str, slug: str, code: Code) -> None:
    """Give a claim up, if it is this code's."""
    try:
        with talking:
            RegistryItem(f"slug#{project}", slug).delete(condition=RegistryItem.code == code)
    except DeleteError as error:
        if error.cause_response_code != CONDITION_FAILED:
            raise
