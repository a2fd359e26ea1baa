"""By when must a check's first success have come? (docs/reference/rules.md, rule 7)

Without `first_ping_by` a new check stays new for ever, as in Healthchecks. What happens at that instant is `advance`'s
business: it is a miss like any other.
"""

from datetime import datetime, timedelta

from chalicelib.domain.check import Check, Status
from chalicelib.domain.rules import windows
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
    at = later(begun, by) if isinstance(by, timedelta) else by
    if at is None or at <= begun:
        return None
    return windows.end_of(check.config, at) or at
