"""How many failures and misses in a row are borne before people are told (docs/reference/rules.md, rule 4).

The two are counted apart: neither begins the other's count anew, only a success does both. A failure that is borne has
answered what was expected of it, so it is no miss, too: the next success is expected after it, and after a miss that is
borne, too. Start at `bears_failure` and `bears_miss`; the counting itself is `receive`'s and `advance`'s.
"""

from dataclasses import replace
from datetime import datetime

from chalicelib.domain.check import Check, Status


def bears_failure(check: Check) -> bool:
    """Whether the failure that has just been counted changes nothing yet."""
    return check.failures < check.config.failures_before_alert


def bears_miss(check: Check) -> bool:
    """Whether the miss that has just been counted changes nothing yet. A first ping that does not come is missed once,
    and no period follows it: it is never borne.
    """
    return check.status is Status.UP and check.misses < check.config.misses_before_alert


def passed_over(check: Check, at: datetime) -> Check:
    """The check with what was expected at `at` given up: it counts on from there."""
    return check if check.status is Status.DOWN else replace(check, passed_at=at)


def counted_anew(check: Check) -> Check:
    """The check after a success: neither failures nor misses in a row."""
    return replace(check, failures=0, misses=0, passed_at=None)
