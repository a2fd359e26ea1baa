"""The functions' logs as a person reads them: which lines are shown, how, in which order, and each only once.

Start at `followed`. What an event means is `chalicelib.log`'s business; where lines come from, `logs_reading`'s.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib.clock import Clock
from chalicelib.domain.text.inert import inert

POLL_S = 2.0
LATE = timedelta(seconds=60)  # how long after its instant a line may still come: CloudWatch takes seconds to show it

_PLATFORM = re.compile(r"(START|END|INIT_START|REPORT) ")  # Lambda's own words, unless a REPORT tells of a failure
_FAILED = re.compile(r"\bStatus: (?!success)")
_NOT_SHOWN = ("event", "level", "request_id", "api_request_id", "traceback")
_WENT_WELL = (None, "success")  # of Lambda's own words as JSON; a begin has no status


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of a function's log."""

    at_ms: int  # epoch
    id: str  # CloudWatch's
    function: str
    message: str

    @property
    def facts(self) -> dict[str, Any] | None:
        """An event of ours, or one of Lambda's own named and spelled as ours are; None: any other text."""
        try:
            found = json.loads(self.message)
        except (ValueError, RecursionError):
            return None
        match found:
            case {"type": str(name), "record": dict(record)}:
                return {"event": name, "request_id": record.pop("requestId", "?"), **record}
            case dict():
                return dict(found)
        return None

    @property
    def is_told(self) -> bool:
        """Whether it tells anybody anything: metrics and Lambda's own bookkeeping do not."""
        if _PLATFORM.match(self.message):
            return _FAILED.search(self.message) is not None
        match self.facts:
            case {"_aws": _}:
                return False
            case {"event": str(name), **facts} if name.startswith("platform."):
                return facts.get("status") not in _WENT_WELL
        return True

    def readable(self) -> str:
        """Time in UTC, function, event, facts; a traceback below."""
        at = datetime.fromtimestamp(self.at_ms / 1000, UTC)
        head = f"{at:%Y-%m-%d %H:%M:%S}.{self.at_ms % 1000:03}Z {self.function:<8} "
        facts = self.facts
        if facts is None:
            return head + "\n  ".join(inert(line) for line in self.message.rstrip().splitlines())
        level = str(facts.get("level", "info"))
        told = [] if level == "info" else [level.upper()]
        told += [str(facts.get("event", "?"))]
        told += [f"{name}={_value(value)}" for name, value in facts.items() if name not in _NOT_SHOWN]
        if "request_id" in facts:
            told.append(f"req={str(facts['request_id'])[:8]}")
        below = str(facts.get("traceback", "")).splitlines()
        return "\n  ".join([head + inert(" ".join(told)), *map(inert, below)])

    def document(self) -> dict[str, Any]:
        """As JSON: its event, or its text."""
        facts = self.facts
        at = datetime.fromtimestamp(self.at_ms / 1000, UTC).isoformat(timespec="milliseconds")
        return {"at": at, "function": self.function} | ({"text": self.message.rstrip()} if facts is None else facts)

    def holds(self, text: str) -> bool:
        """Whether a text stands in it, as it is or as it is shown; case does not matter."""
        return text.casefold() in f"{self.message}\n{self.readable()}".casefold()


def _value(value: object) -> str:
    """What has blanks is quoted."""
    text = value if isinstance(value, str) else json.dumps(value)
    return json.dumps(text, ensure_ascii=False) if isinstance(value, str) and (" " in text or not text) else text


Read = Callable[[datetime], Iterable[Line]]  # all lines from an instant on, of all functions


@dataclass(slots=True)
class Seen:
    """What has been shown, so that looking again at the last seconds doubles nothing and misses nothing late."""

    since: datetime
    _ids: dict[str, int] = field(default_factory=dict)  # with when, to forget them in time

    def fresh(self, lines: Iterable[Line], *, now: datetime) -> list[Line]:
        """Those that were not seen before, in order of time; the next look begins a little earlier than now."""
        new = {line.id: line for line in lines if line.id not in self._ids}
        self._ids |= {line.id: line.at_ms for line in new.values()}
        self.since = max(self.since, now - LATE)
        oldest = self.since.timestamp() * 1000
        self._ids = {identity: at_ms for identity, at_ms in self._ids.items() if at_ms >= oldest}
        return in_order(new.values())


def in_order(lines: Iterable[Line]) -> list[Line]:
    """Merged by time; those of one instant in the order of CloudWatch's ids, as they were written."""
    return sorted(lines, key=lambda line: (line.at_ms, line.id))


def followed(read: Read, clock: Clock, *, since: datetime) -> Iterator[Line]:
    """All lines from an instant on, and then whatever comes, until somebody stops."""
    seen = Seen(since)
    while True:
        began = clock.now()
        yield from seen.fresh(read(seen.since), now=began)
        clock.sleep(POLL_S)
