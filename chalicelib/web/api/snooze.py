"""Fewer alerts on request, from v3 on: snooze a check, end that, acknowledge its outage
(docs/reference/rules.md, rules 9 and 11).

Parse, call a decision, answer; what each does to a check is `domain.configure`'s business.
"""

from datetime import datetime, timedelta

from chalice.app import Response

from chalicelib.domain.check import Check
from chalicelib.domain.configure import Snooze, Unsnooze
from chalicelib.domain.durations import LONGEST, parse_instant
from chalicelib.domain.errors import BadInput, NotFound
from chalicelib.domain.ids import Code
from chalicelib.domain.rules.snooze import end_of_snooze
from chalicelib.services.checks import acknowledge
from chalicelib.web.api.call import Call, Refused
from chalicelib.web.api.checks import changed, told


def snoozed(call: Call) -> Response:
    """`POST checks/{code}/snooze` with `for`, seconds, or `until`, an instant."""
    return told(call, changed(call, _code(call), lambda check: Snooze(_until(call, check))))


def unsnoozed(call: Call) -> Response:
    """`POST checks/{code}/unsnooze`, also of one that is not snoozed."""
    return told(call, changed(call, _code(call), lambda _: Unsnooze()))


def acknowledged(call: Call) -> Response:
    """`POST checks/{code}/ack`, in the name of the key. Raises NotDown."""
    return told(call, changed(call, _code(call), lambda check: acknowledge(check, by=call.key.name, now=call.now)))


def _code(call: Call) -> Code:
    if not call.version.has_extras:
        raise NotFound("only v3 has it")
    return Code(call.place["code"])


def _until(call: Call, check: Check) -> datetime:
    """Within a year, to the millisecond, as it is stored; without an offset it is in the check's zone."""
    span, instant = call.body.get("for"), call.body.get("until")
    match span, instant:
        case int(), None if not isinstance(span, bool):
            until = call.now + timedelta(seconds=min(span, 10 * LONGEST.total_seconds()))
        case None, str():
            until = _instant(instant, check.config.tz)
        case _:
            detail = 'say {"for": 7200}, in seconds, or {"until": "2026-12-24T20:00"}'
            raise Refused("json validation error: one of for and until is needed", detail)
    try:
        return end_of_snooze(until, now=call.now)
    except BadInput as error:
        raise Refused(f"json validation error: {error}") from error


def _instant(text: str, tz: str) -> datetime:
    try:
        return parse_instant("until", text, tz)
    except BadInput as error:
        raise Refused("json validation error: until is not an instant", str(error)) from error
