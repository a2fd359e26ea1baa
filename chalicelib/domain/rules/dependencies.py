"""A check that depends on others: while a parent is down, what would tell of the child's trouble is held
(docs/reference/rules.md, rule 18; docs/adr/0009).

Only alerts are held: the state goes on, and a recovery of what people know is told. An alert that is held stands in
the check's outbox, names the parents that it waits for, and is looked at again. Start at `is_waiting`; who holds it,
and for how long, is decided in `parents`.
"""

from collections.abc import Iterable

from chalicelib.domain.alerts import Alert, Kind
from chalicelib.domain.check import Check, Status
from chalicelib.domain.ids import Code, short

MOST = 20  # parents of a check


def is_waiting(check: Check) -> bool:
    """Whether an alert of it waits for a parent."""
    return any(alert.held_by for alert in check.alerts)


def holders(check: Check) -> tuple[Code, ...]:
    """The parents that hold its alerts now, as it was looked at last. One may have been deleted since."""
    return tuple(dict.fromkeys(Code(code) for alert in check.alerts for code in alert.held_by))


def waits_for(check: Check) -> tuple[str, ...]:
    """The names of the parents that its alerts wait for; none: nothing waits."""
    names = (alert.facts.waited_for or () for alert in check.alerts if alert.held_by)
    return tuple(dict.fromkeys(name for each in names for name in each))


def is_unheard(check: Check) -> bool:
    """Whether people have not heard of the present outage, since its alert waits."""
    return any(alert.held_by and alert.kind is Kind.DOWN and is_of_now(check, alert) for alert in check.alerts)


def is_of_now(check: Check, alert: Alert) -> bool:
    """Whether an alert tells of the present outage."""
    return check.status is Status.DOWN and alert.flip == check.n_flips


def without_waiting(alerts: Iterable[Alert]) -> tuple[Alert, ...]:
    """The alerts that go out: with the outage over, what waits is no news any more."""
    return tuple(alert for alert in alerts if not alert.held_by)


def called(check: Check) -> str:
    """What alerts call another check: every protocol can spell it."""
    config = check.config
    return (
        config.slug or (config.name if config.name.isascii() and config.name.isprintable() else "") or short(check.code)
    )
