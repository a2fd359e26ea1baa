"""By when must a check's first success have come? (domain.md, rule 7)

Without `first_ping_by` a new check stays new for ever, as in Healthchecks. What happens at that instant is `advance`'s
business: it is a miss like any other.
"""

from datetime import datetime, timedelta

from chalicelib.domain.check import Check, Status
from chalicelib.domain.schedule import later


def first_ping_at(check: Check) -> datetime | None:
    """The instant by which a new check's first success must come; None: it may take for ever.

    A duration counts from the check's making, or from when it was resumed and became new again; an instant that had
    passed by then is not awaited.
    """
    by = check.config.first_ping_by
    if by is None or check.status is not Status.NEW:
        return None
    begun = check.since or check.created_at
    if isinstance(by, timedelta):
        return later(begun, by)
    return by if by > begun else None
