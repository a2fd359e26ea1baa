"""Many checks due at one instant: judged first, so that what they have to tell can leave together.

A hand-out is what is judged within a few seconds: then its alerts go out, and the next one begins. So the first
people hear soon, and a sweep that ends, or dies, leaves no more than that undone. Start at `handled`.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from chalicelib import log
from chalicelib.looking import Due, Looked, Work, judged, let_out
from chalicelib.store.tables import Unavailable
from chalicelib.together import told_together

GATHER = timedelta(seconds=5)  # letting out what was judged takes about as long again
SLICE = 64  # checks between two looks at the clock


def handled(work: Work, pool: ThreadPoolExecutor, batch: Sequence[Due], *, until: datetime) -> Iterator[Due]:
    """Handle what is due, at least a slice of it; yields what is due again, or still is since time was up."""
    looked, left = _gathered(work, pool, batch, until=until)
    yield from left
    now, ports = work.clock.now(), work.ports
    try:
        ports = told_together(ports, [each.check for each in looked], now=now)
    except Unavailable as error:
        log.event("unavailable", why=str(error))
        return  # all of it stays due: the next look finds it again
    except Exception:  # noqa: BLE001  # the boundary between a check and its neighbours: each is told alone
        log.crash("not_told_together")
    for again in pool.map(lambda each: let_out(work, each, ports, now=now), looked):
        if again is not None:
            yield again


def _gathered(
    work: Work, pool: ThreadPoolExecutor, batch: Sequence[Due], *, until: datetime
) -> tuple[list[Looked], Sequence[Due]]:
    """What could be judged in time, and what could not."""
    end = min(work.clock.now() + GATHER, until)
    looked: list[Looked] = []
    for start in range(0, len(batch), SLICE):
        if start > 0 and work.clock.now() >= end:
            return looked, batch[start:]
        looked += _judged(work, pool, batch[start : start + SLICE])
    return looked, ()


def _judged(work: Work, pool: ThreadPoolExecutor, some: Sequence[Due]) -> list[Looked]:
    """What would be called missed is judged when the door has been looked at; while nobody knows about it, it is left
    as it is, due, and only what waits in it already is let out.
    """
    now = work.clock.now()
    found = [each for each in pool.map(lambda due: judged(work, due, work.door.judge, now=now), some) if each]
    silent = [each.due for each in found if not each.is_proved]
    now = work.clock.now()
    if not silent or not work.door.prove(since=min(silent)[0], now=now):
        return found
    by_what_is_known = work.door.judge_by_what_is_known
    again = pool.map(lambda due: judged(work, due, by_what_is_known, now=now), silent)
    return [*(each for each in found if each.is_proved), *(each for each in again if each)]
