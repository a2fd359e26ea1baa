"""By when must a check's first success have come? (docs/reference/rules.md, rule 7)

Without `first_ping_by` a new check stays new for ever, as in Healthchecks. What happens at that instant is `advance`'s
business: it is a miss like any other.
"""

from datetime import datetime, timedelta

from chalicelib.domain.check import Check, Status
from chalicelib.domain.config import Config
from chalicelib.domain.schedule.occurrences import later


def first_ping_at(check: Check) -> datetime | None:
    """The instant by which a new check's first success must come; None: it may take for ever.

    A duration counts from the check's making, or from when it was resumed and became new again; an instant that had
    passed by then is not awaited. Within a maintenance window nothing is expected (rule 9): it is put off to the end.
    """
    by = check.config.first_ping_by
    if by is None or check.status is not Status.NEW:
        return None
    begun = check.since or check.created_at
    if isinstance(by, timedelta):
        return _outside(check.config, later(begun, by))
    return _outside(check.config, by) if by > begun else None


def _outside(config: Config, at: datetime | None) -> datetime | None:
    if at is None or not config.windows:
        return at
    from chalicelib.domain.schedule.maintenance import window_end  # most checks have none: a cold start goes without

    return window_end(config.windows, at, tz=config.tz) or at
