"""Record which sign-in links were used (each signs in once), and which sessions were signed out.

Rows of the registry: `signin#<id of the link>` / `used`, `session#<id of the session>` / `ended`. An expired link or
session is refused anyway, so its row can be deleted: `forget_expired` is called whenever a link is created. So there
are never more rows than links. Call `tables.connect` first.
"""

from datetime import UTC, datetime

from pynamodb.exceptions import PutError

from chalicelib.domain.errors import Conflict
from chalicelib.store.tables import CONDITION_FAILED, RegistryItem, talking


def use(link: str, *, at: datetime, expires_at: datetime) -> None:
    """Note that a link signs in now. Raises Conflict when it already has, and Unavailable."""
    row = RegistryItem(f"signin#{link}", "used", created_at=at.timestamp(), expires_at=expires_at.timestamp())
    try:
        with talking:
            row.save(condition=RegistryItem.pk.does_not_exist())
    except PutError as error:
        if error.cause_response_code != CONDITION_FAILED:
            raise
        raise Conflict("this link has been used") from error


def used_at(link: str) -> datetime | None:
    """When a link signed in, strongly read; None: not yet. Raises Unavailable."""
    row = _row(f"signin#{link}", "used")
    return None if row is None else datetime.fromtimestamp(row.created_at or 0, UTC)


def end(session: str, *, at: datetime, expires_at: datetime) -> None:
    """Sign a session out, with immediate effect. `expires_at` is when it would expire. Raises Unavailable."""
    row = RegistryItem(f"session#{session}", "ended", created_at=at.timestamp(), expires_at=expires_at.timestamp())
    with talking:
        row.save()


def has_ended(session: str) -> bool:
    """Whether a session was signed out, strongly read: one read unit. Raises Unavailable."""
    return _row(f"session#{session}", "ended") is not None


def _row(pk: str, sk: str) -> RegistryItem | None:
    try:
        with talking:
            return RegistryItem.get(pk, sk, consistent_read=True)
    except RegistryItem.DoesNotExist:
        return None


def forget_expired(*, now: datetime) -> None:
    """Delete the rows of expired links and sessions. A scan: the table is small, and only operators create links."""
    expired = RegistryItem.sk.is_in("used", "ended") & (RegistryItem.expires_at <= now.timestamp())
    with talking:
        for row in RegistryItem.scan(expired):
            row.delete()
