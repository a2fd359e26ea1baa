"""Which checks are probed, and how far the prober has come (docs/adr/0008).

Rows of the registry: `probes` / `<code>` with how often and since when, one partition that is one query a minute, and
`probes` / `until`. A row is a hint only: what is asked stands in the check itself, which is read before. So a row
is written before its check, and one that means nothing (any more) is mended or dropped by the prober.
Needs `tables.connect` to have been called.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pynamodb.exceptions import DeleteError, PutError

from chalicelib.domain.errors import Conflict
from chalicelib.domain.ids import Code
from chalicelib.store.tables import CONDITION_FAILED, RegistryItem, talking

_PARTITION = "probes"
_UNTIL = "until"  # no code


@dataclass(frozen=True, slots=True)
class ProbedCheck:
    """A check that is probed."""

    code: Code
    every: timedelta
    made_at: datetime  # when its probe was last made or edited


@dataclass(frozen=True, slots=True)
class ProbeRound:
    """All that are probed, and up to when the prober has done them; None: it never has."""

    rows: tuple[ProbedCheck, ...]
    done_until: datetime | None


def keep(code: Code, every: timedelta, *, now: datetime) -> None:
    """Let a check be probed, from now on. One put. Raises Unavailable."""
    row = RegistryItem(_PARTITION, code, created_at=now.timestamp(), every_s=every.total_seconds())
    with talking:
        row.save()


def drop(row: ProbedCheck) -> None:
    """Let a check not be probed, if its row still is what was read. Raises Unavailable."""
    try:
        with talking:
            item = RegistryItem(_PARTITION, row.code)
            item.delete(condition=RegistryItem.created_at == row.made_at.timestamp())
    except DeleteError as error:
        if error.cause_response_code != CONDITION_FAILED:
            raise


def round_of_all() -> ProbeRound:
    """One query per 1 MB (about 7,000 probes), strongly read: the prober must know how far it has come."""
    with talking:
        found = list(RegistryItem.query(_PARTITION, consistent_read=True))
    until = next((row.created_at for row in found if row.sk == _UNTIL), None)
    rows = tuple(_row(row) for row in found if row.sk != _UNTIL)
    return ProbeRound(rows, None if until is None else datetime.fromtimestamp(until, UTC))


def _row(row: RegistryItem) -> ProbedCheck:
    assert row.every_s is not None, "keep always writes how often"
    assert row.created_at is not None, "and since when"
    return ProbedCheck(Code(row.sk), timedelta(seconds=row.every_s), datetime.fromtimestamp(row.created_at, UTC))


def claim(until: datetime, *, instead_of: datetime | None) -> None:
    """Say that the time up to an instant is being done. Raises Conflict: another prober does it."""
    row = RegistryItem(_PARTITION, _UNTIL, created_at=until.timestamp())
    unchanged = (
        RegistryItem.pk.does_not_exist() if instead_of is None else RegistryItem.created_at == instead_of.timestamp()
    )
    try:
        with talking:
            row.save(condition=unchanged)
    except PutError as error:
        if error.cause_response_code != CONDITION_FAILED:
            raise
        raise Conflict("another prober is at work") from error
