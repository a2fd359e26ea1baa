"""What a check's parents hold of its alerts (docs/reference/rules.md, rule 18). Reads the parents; start at `judged`.

Which parent holds what is decided in `domain.rules.parents`.
"""

from collections.abc import Callable
from datetime import datetime

from chalicelib import log
from chalicelib.domain.check import Check, Verdict
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.ids import Code, short
from chalicelib.domain.rules import parents
from chalicelib.store import batch_get
from chalicelib.store.tables import Tables


def judged(check: Check, tables: Tables, *, now: datetime, sleep: Callable[[float], None]) -> Verdict | None:
    """The check with its alerts held or let go; None: none would leave now that a parent may hold. Raises Unavailable.

    Parents are read only where an alert would leave.
    """
    if not parents.may_wait(check, now=now):
        return None
    return parents.judged(check, _known(check, tables, sleep=sleep), now=now)


def _known(check: Check, tables: Tables, *, sleep: Callable[[float], None]) -> dict[Code, Check]:
    """Its parents, in one BatchGet; and one more for each level above that waits itself. Raises Unavailable.

    None where one of them cannot be read for what it is: it must not silence its children.
    """
    known: dict[Code, Check] = {}
    asked: set[Code] = set()
    while wanted := [code for code in parents.to_read(check, known) if code not in asked]:
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
