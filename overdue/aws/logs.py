"""Select, format and order the lines of the functions' logs, and show each line once.

Start at `followed`. `log_reader` reads the lines; `chalicelib.log` writes them.
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
LATE = timedelta(seconds=60)  # a line may appear this long after its timestamp: CloudWatch takes some seconds

_PLATFORM = re.compile(r"(START|END|INIT_START|REPORT) ")  # Lambda's own lines; only a REPORT of a failure is shown
_FAILED = re.compile(r"\bStatus: (?!success)")
_NOT_SHOWN = ("event", "level", "request_id", "api_request_id", "traceback")
_WENT_WELL = (None, "success")  # statuses of Lambda's own JSON lines that are not shown; a start has none


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of a function's log."""

    at_ms: int  # epoch
    id: str  # CloudWatch's event id
    function: str
    message: str

    @property
    def facts(self) -> dict[str, Any] | None:
        """The fields of a JSON line; those of Lambda's own lines are renamed to match ours. None: not a JSON object."""
        try:
            value = json.loads(self.message)
        except (ValueError, RecursionError):
            return None
        match value:
            case {"type": str(name), "record": dict(record)}:
                return {"event": name, "request_id": record.pop("requestId", "?"), **record}
            case dict():
                return dict(value)
        return None

    @property
    def is_told(self) -> bool:
        """Whether the line is worth showing: metrics and Lambda's own start, end and success lines are not."""
        if _PLATFORM.match(self.message):
            return _FAILED.search(self.message) is not None
        match self.facts:
            case {"_aws": _}:
                return False
            case {"event": str(name), **facts} if name.startswith("platform."):
                return facts.get("status") not in _WENT_WELL
        return True

    def readable(self) -> str:
        """The line as text: UTC time, function, event and fields, with a traceback on lines of its own.

        Control characters are escaped, so that a log line cannot control the terminal.
        """
        at = datetime.fromtimestamp(self.at_ms / 1000, UTC)
        head = f"{at:%Y-%m-%d %H:%M:%S}.{self.at_ms % 1000:03}Z {self.function:<8} "
        facts = self.facts
        if facts is None:
            return head + "\n  ".join(inert(line) for line in self.message.rstrip().splitlines())
        level = str(facts.get("level", "info"))
        words = [] if level == "info" else [level.upper()]
        words += [str(facts.get("event", "?"))]
        words += [f"{name}={_value(value)}" for name, value in facts.items() if name not in _NOT_SHOWN]
        if "request_id" in facts:
            words.append(f"req={str(facts['request_id'])[:8]}")
        traceback = str(facts.get("traceback", "")).splitlines()
        return "\n  ".join([head + inert(" ".join(words)), *map(inert, traceback)])

    def document(self) -> dict[str, Any]:
        """The line for `--json`: time, function, and its fields or its text."""
        facts = self.facts
        at = datetime.fromtimestamp(self.at_ms / 1000, UTC).isoformat(timespec="milliseconds")
        return {"at": at, "function": self.function} | ({"text": self.message.rstrip()} if facts is None else facts)

    def holds(self, text: str) -> bool:
        """Whether the line contains a text, as written or as shown. Ignores case."""
        return text.casefold() in f"{self.message}\n{self.readable()}".casefold()


def _value(value: object) -> str:
    """A value as text; an empty string and one with spaces are quoted."""
    text = value if isinstance(value, str) else json.dumps(value)
    return json.dumps(text, ensure_ascii=False) if isinstance(value, str) and (" " in text or not text) else text


Read = Callable[[datetime], Iterable[Line]]  # reads all lines of all functions since an instant


@dataclass(slots=True)
class Seen:
    """The lines shown so far. The last seconds are read again for late lines, and this prevents duplicates."""

    since: datetime  # start of the next read
    _ids: dict[str, int] = field(default_factory=dict)  # id → epoch ms, to drop ids that can no longer appear

    def fresh(self, lines: Iterable[Line], *, now: datetime) -> list[Line]:
        """The lines not returned before, sorted by time. Moves `since` to 60 s before `now`."""
        new = {line.id: line for line in lines if line.id not in self._ids}
        self._ids |= {line.id: line.at_ms for line in new.values()}
        self.since = max(self.since, now - LATE)
        oldest = self.since.timestamp() * 1000
        self._ids = {line_id: at_ms for line_id, at_ms in self._ids.items() if at_ms >= oldest}
        return in_order(new.values())


def in_order(lines: Iterable[Line]) -> list[Line]:
    """Sort lines by time; lines of the same instant by CloudWatch's id, which follows the order of writing."""
    return sorted(lines, key=lambda line: (line.at_ms, line.id))


def followed(read: Read, clock: Clock, *, since: datetime) -> Iterator[Line]:
    """Yield all lines since an instant, then new ones as they appear, without end. Reads every 2 s."""
    seen = Seen(since)
    while True:
        read_at = clock.now()
        yield from seen.fresh(read(seen.since), now=read_at)
        clock.sleep(POLL_S)
