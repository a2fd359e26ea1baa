"""What has happened to a check: its pings, their bodies, its flips."""

import re
from datetime import datetime, timedelta
from typing import NotRequired, TypedDict

from chalice.app import Response

from chalicelib.domain.check import Check, Status
from chalicelib.domain.errors import NotFound
from chalicelib.domain.keys import Scope
from chalicelib.services import check_history
from chalicelib.store import history
from chalicelib.store.history import StoredFlip, StoredPing
from chalicelib.web.answers import answer, json_answer
from chalicelib.web.api.call import BadFilter, Call
from chalicelib.web.api.checks import own, own_by_unique_key
from chalicelib.web.api.schema.shape import whole_seconds

MOST_PINGS = 1_000
MOST_FLIPS = 10_000  # a flip takes two minutes at least, unless somebody plays with it
LATEST_EPOCH_S = 10_000_000_000
LONGEST_S = 31_536_000


class PingJson(TypedDict):
    """A ping, without its body."""

    type: str
    date: str
    n: int
    scheme: str
    remote_addr: str
    method: str
    ua: str
    rid: str | None
    duration: NotRequired[float]
    outcome: NotRequired[str | None]  # Overdue's own, from v3 on
    body_url: str | None


class SentJson(TypedDict):
    """An alert that SNS has taken, with the names of the channels that it was for."""

    kind: str
    to: list[str]
    at: str


class FlipJson(TypedDict):
    """A change of status."""

    timestamp: str
    up: int
    # Overdue's own, from v3 on
    status: NotRequired[str]
    reason: NotRequired[str | None]
    sent: NotRequired[list[SentJson]]  # only for keys that may write, because names of channels are not public


def pings(call: Call) -> Response:
    """`GET checks/{code}/pings/`: the newest first."""
    check = own(call)
    url = f"{call.wiring.settings.base_url}/api/{call.version.name}/checks/{check.code}/pings"
    found = history.pings(check.code, now=call.now, most=MOST_PINGS)
    listed = [_ping(stored, url, has_extras=call.version.has_extras) for stored in found]
    return json_answer({"pings": listed}, call.accepts)


def _ping(stored: StoredPing, url: str, *, has_extras: bool) -> PingJson:
    ping = stored.ping
    value: PingJson = {
        "type": stored.signal.value,
        "date": ping.at.isoformat(),
        "n": stored.number,
        "scheme": ping.scheme,
        "remote_addr": ping.remote_addr,
        "method": ping.method,
        "ua": ping.ua,
        "rid": ping.rid or None,
        "body_url": f"{url}/{stored.number}/body" if ping.body else None,
    }
    if stored.took is not None:
        value["duration"] = round(stored.took.total_seconds(), 2)
    if has_extras:
        value["outcome"] = None if stored.run_end is None else stored.run_end.outcome.name.lower()
    return value


def body(call: Call) -> Response:
    """`GET checks/{code}/pings/{n}/body`: the bytes as they came. Raises NotFound where there are none."""
    check = own(call)
    found = history.ping(check.code, int(call.place["n"]), now=call.now).ping.body
    if not found:
        raise NotFound("this ping has no body")
    return answer(found, "text/plain", call.accepts)


def flips(call: Call) -> Response:
    """`GET checks/{code}/flips/`: the newest first."""
    return _flips(call, own(call))


def flips_by_unique_key(call: Call) -> Response:
    """`GET checks/{unique_key}/flips/`."""
    return _flips(call, own_by_unique_key(call))


def _flips(call: Call, check: Check) -> Response:
    since, until = _span(call)
    found = [
        _flip(stored, has_extras=call.version.has_extras, may_write=call.key.scope is Scope.READ_WRITE)
        for stored in check_history.flips(check, now=call.now, most=MOST_FLIPS)
        if (since is None or stored.flip.at >= since) and (until is None or stored.flip.at < until)
    ]
    return json_answer({"flips": found}, call.accepts)


def _flip(stored: StoredFlip, *, has_extras: bool, may_write: bool) -> FlipJson:
    flip = stored.flip
    value: FlipJson = {"timestamp": whole_seconds(flip.at), "up": int(flip.new is Status.UP)}
    if has_extras:
        value["status"] = flip.new.value
        value["reason"] = None if flip.reason is None else flip.reason.value
    if has_extras and may_write:
        value["sent"] = [
            {"kind": told.kind.value, "to": list(told.to), "at": whole_seconds(told.at)} for told in stored.sent
        ]
    return value


def _span(call: Call) -> tuple[datetime | None, datetime | None]:
    """The time asked for: from `start` and the last `seconds`, whichever is later, to before `end`."""
    start, end = (_number(call.last(name), most=LATEST_EPOCH_S) for name in ("start", "end"))
    seconds = _number(call.last("seconds") or None, most=LONGEST_S)
    since = [] if start is None else [datetime.fromtimestamp(start, call.now.tzinfo)]
    if seconds:
        since.append(call.now - timedelta(seconds=seconds))
    return max(since, default=None), None if end is None else datetime.fromtimestamp(end, call.now.tzinfo)


def _number(text: str | None, *, most: int) -> int | None:
    """A whole number from 0 to `most`; None was not given. Raises BadFilter."""
    if text is None:
        return None
    if not re.fullmatch(r"\s*\+?[0-9]{1,15}\s*", text) or int(text) > most:
        raise BadFilter(f'"{text[:40]}" is not a whole number from 0 to {most}')
    return int(text)
