"""What has happened to the checks of that night: two weeks of search-reindex, as the design tells them, and more."""

from dataclasses import replace
from datetime import datetime, timedelta

from chalicelib import runtime
from chalicelib.domain.alerts import Kind, Reason, Told
from chalicelib.domain.check import Check, Flip, Judged, Status
from chalicelib.domain.ping import Ping, Signal
from chalicelib.store import history
from chalicelib.store.history import StoredPing
from chalicelib.store.tables import Tables
from tests.browser.still import Site
from tests.browser.story import NOW, at, night
from tests.builders import hours, minutes, seconds

OPEN_RID = "11111111-1111-4111-8111-111111111111"
SHARDS = "12/12 shards, 24,310,551 documents, 0 errors"
LOCK = b'shard 7/12: waiting for lock index_writer, held by pid 4121\n<lock age="1 s" owner="compactor">'
_LASTED = (52, 55, 49, 51, 46, 57, 50, 54, 48, 58)  # minutes


NIGHT = {check.config.name: check for check in night()}


def reindex() -> Check:
    """The check `search-reindex`: its past is `of_search_reindex`."""
    check = NIGHT["search-reindex"]
    config = replace(
        check.config,
        grace=minutes(105),
        min_runtime=minutes(5),
        remind_every=hours(4),
        windows=("0 3 * * 0 for 2h",),
        desc="Rebuilds the product index from the catalogue. Runbook: https://wiki.example.com/reindex",
    )
    return replace(check, config=config, n_flips=7, n_pings=114, settled_at=check.since)


def show(site: Site, *checks: Check) -> None:
    """These checks, each with a past of its kind, which is written once: deleting a check leaves it there."""
    site.show(checks)
    tables = runtime.wiring().ports.tables
    for check in checks:
        if check.code in site.told:
            continue
        site.told.add(check.code)
        writer = Writer(tables, check)
        if check.config.name == "search-reindex":
            of_search_reindex(tables, check)
        elif check.config.probe is not None:
            for number in range(60):
                took = timedelta(seconds=0.12 + number * 37 % 21 / 400)
                body = b"status 200 in 142 ms"
                writer.ping(Signal.SUCCESS, NOW - minutes(60 - number), took=took, body=body, scheme="probe")
        elif check.config.min_count is not None:
            for number in range(40):
                ended = at("05:00") - minutes(30 * (39 - number))
                done = 0 if number in (20, 39) else 500 + number * 37 % 301
                reason = Reason.STALLED if done < 500 else None
                history.put_record(tables, check, Judged(at=ended, reason=reason, count=done))
            writer.flip(1, at("05:00"), Status.DOWN, Reason.STALLED, to=("ops-email",))


class Writer:
    """Pings one after the other, with their numbers."""

    def __init__(self, tables: Tables, check: Check) -> None:
        self.tables, self.check, self.number = tables, check, 0

    def ping(
        self, signal: Signal, when: datetime, *, took: timedelta | None = None, body: bytes = b"", **said: object
    ) -> None:
        self.number += 1
        given = {"remote_addr": "203.0.113.20", "ua": "runitor/1.4"} | said
        ping = Ping(signal=signal, at=when, body=body, **given)  # type: ignore[arg-type]  # its own fields
        history.put_ping(self.tables, self.check.code, StoredPing(self.number, ping, signal, took))

    def run(
        self, begun: datetime, took: timedelta, *, signal: Signal = Signal.SUCCESS, body: str = SHARDS, **said: object
    ) -> None:
        self.ping(Signal.START, begun)
        self.ping(signal, begun + took, took=took, body=body.encode(), **said)

    def flip(self, number: int, when: datetime, new: Status, reason: Reason | None, *, to: tuple[str, ...]) -> None:
        old = Status.UP if new is Status.DOWN else Status.DOWN
        flip = Flip(number=number, at=when, old=old, new=new, reason=reason)
        kind = Kind.DOWN if new is Status.DOWN else Kind.UP
        told = Told(id=f"{number}", kind=kind, to=to, at=when + seconds(1))
        history.put_record(self.tables, self.check, flip, sent=(told,))


def of_search_reindex(tables: Tables, check: Check) -> int:
    """Write it; the number of its pings."""
    writer = Writer(tables, check)
    both = ("ops-email", "oncall-sms")
    day = at("2026-10-10T02:30")
    for number in range(57):
        begun = day + timedelta(hours=6 * number, seconds=2)
        took = minutes(_LASTED[number % 10])
        match f"{begun + timedelta(hours=2):%d %H}":
            case "13 14":
                oom = "Killed (out of memory while merging shard 2/12)"
                writer.run(begun, seconds(667), signal=Signal.FAIL, body=oom, exit_status=137)
                writer.flip(1, begun + seconds(667), Status.DOWN, Reason.FAILED, to=("ops-email",))
                writer.flip(2, begun + timedelta(hours=6) + minutes(51), Status.UP, None, to=("ops-email",))
            case "15 02":
                history.put_record(tables, check, Judged(at=at("2026-10-15T04:15"), reason=Reason.MISSED, count=None))
                writer.flip(3, at("2026-10-15T04:15"), Status.DOWN, Reason.MISSED, to=both)
                writer.flip(4, at("2026-10-15T09:20"), Status.UP, None, to=both)
            case "19 20":
                writer.run(begun + minutes(41), took)
            case "22 08":
                writer.run(begun, seconds(128), body="0/12 shards: index is already current", ua="curl/8.5.0")
                writer.flip(5, begun + seconds(128), Status.DOWN, Reason.TOO_SHORT, to=("ops-email",))
                writer.flip(6, at("2026-10-22T15:25"), Status.UP, None, to=("ops-email",))
            case "24 02":
                writer.ping(Signal.START, at("02:30"), body=b"host batch-2")
                writer.ping(Signal.LOG, at("02:39:50"), body=b"shard 5/12 done, 1,802,114 documents")
                writer.ping(Signal.LOG, at("02:47:31"), body=LOCK)
                writer.flip(7, at("04:00"), Status.DOWN, Reason.OVERRUN, to=both)
                writer.ping(Signal.START, at("04:58"), rid=OPEN_RID)
                return writer.number
            case _:
                writer.run(begun, took)
    raise AssertionError("the night has come before")
