"""Read the parents of a check, and hold or release its alerts (docs/reference/rules.md, rule 18).

Which parent holds what is decided in `domain.rules.dependencies`. Start at `hold_or_release`.
"""

from collections.abc import Callable
from datetime import datetime

from chalicelib import log
from chalicelib.domain.check import Check, Verdict
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.ids import Code, short
from chalicelib.domain.rules import dependencies
from chalicelib.store import batch_get
from chalicelib.store.tables import Tables


def hold_or_release(check: Check, tables: Tables, *, now: datetime, sleep: Callable[[float], None]) -> Verdict | None:
    """The check with its alerts held or released; None: no alert would leave now that a parent may hold.

    Parents are read only where an alert would leave. Raises Unavailable.
    """
    if not dependencies.may_wait(check, now=now):
        return None
    return dependencies.hold_or_release(check, _known(check, tables, sleep=sleep), now=now)


def _known(check: Check, tables: Tables, *, sleep: Callable[[float], None]) -> dict[Code, Check]:
    """Its parents, in one BatchGet; and one more for each level above that waits itself. Raises Unavailable.

    None where one of them cannot be read for what it is: it must not silence its children.
    """
    known: dict[Code, Check] = {}
    asked: set[Code] = set()
    while wanted := [code for code in dependencies.to_read(check, known) if code not in asked]:
        asked.update(wanted)
        try:
            found = batch_get.checks(tables, wanted, sleep=sleep)
        except Unavailable:
            raise
        except Exception:  # noqa: BLE001  # the boundary between a check and its neighbours
            log.crash("parents_unread", check=short(check.code))
            return {}
        known |= {each.code: each for each in found}
    return known
