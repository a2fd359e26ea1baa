"""Which links have been used: each signs in once.

Rows of the registry: `signin#<id of the link>` / `used`. A link that has expired is refused whatever stands here, so
that its row may go: `forget_expired` is called by who makes new ones. Needs `tables.connect` to have been called.
"""

from datetime import UTC, datetime

from pynamodb.exceptions import PutError

from chalicelib.store.tables import CONDITION_FAILED, Conflict, RegistryItem, talking


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
    try:
        with talking:
            row = RegistryItem.get(f"signin#{link}", "used", consistent_read=True)
    except RegistryItem.DoesNotExist:
        return None
    return datetime.fromtimestamp(row.created_at or 0, UTC)


def forget_expired(*, now: datetime) -> None:
    """Delete the rows of links that have expired. A scan: the table is small, and only operators ask."""
    with talking:
        for row in RegistryItem.scan((RegistryItem.sk == "used") & (RegistryItem.expires_at <= now.timestamp())):
            row.delete()
