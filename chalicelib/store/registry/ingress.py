"""The ledger of the door in the registry: one row, `door` / `ledger`, written only as it was read.

Its content is decided in `domain.ingress.ingress_ledger`. Instants are epoch seconds. Needs `tables.connect` first.
"""

import json
from datetime import UTC, datetime
from typing import Any

from pynamodb.exceptions import PutError

from chalicelib.domain.errors import Conflict
from chalicelib.domain.ingress.ingress_ledger import Ledger, Word
from chalicelib.domain.ingress.ingress_outage import IngressOutage
from chalicelib.store.tables import CONDITION_FAILED, RegistryItem, talking


def read() -> Ledger:
    """The ledger, strongly read; an empty one before anything was noted. Raises Unavailable."""
    try:
        with talking:
            row = RegistryItem.get("door", "ledger", consistent_read=True)
    except RegistryItem.DoesNotExist:
        return Ledger()
    assert row.ledger is not None, "write always writes one"
    return _loaded(json.loads(row.ledger))


def write(ledger: Ledger, *, instead_of: Ledger) -> None:
    """Write the ledger, if it still is what was read. Raises Conflict and Unavailable."""
    row = RegistryItem("door", "ledger", ledger=_dumped(ledger))
    unchanged = RegistryItem.ledger == _dumped(instead_of)
    if instead_of == Ledger():
        unchanged = RegistryItem.pk.does_not_exist() | unchanged
    try:
        with talking:
            row.save(condition=unchanged)
    except PutError as error:
        if error.cause_response_code != CONDITION_FAILED:
            raise
        raise Conflict("another sweep has found out about the door") from error


def _dumped(ledger: Ledger) -> str:
    said = {
        "blind": [[_epoch(each.since), _epoch(each.until)] for each in ledger.blindness],
        "untold": [word.value for word in ledger.untold],
        "why": ledger.why,
    }
    return json.dumps(said, separators=(",", ":"))


def _epoch(at: datetime | None) -> float | None:
    return None if at is None else round(at.timestamp(), 3)


def _loaded(said: dict[str, Any]) -> Ledger:
    blindness = (IngressOutage(datetime.fromtimestamp(since, UTC), _instant(until)) for since, until in said["blind"])
    return Ledger(
        blindness=tuple(blindness),
        untold=tuple(Word(word) for word in said["untold"]),
        why=said["why"],
    )


def _instant(epoch_s: float | None) -> datetime | None:
    return None if epoch_s is None else datetime.fromtimestamp(epoch_s, UTC)
