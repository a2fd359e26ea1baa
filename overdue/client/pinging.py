"""Send pings from the command line: find the ping URL of a check, send the ping, retry.

Needs no API key: a ping URL, a code, or a slug with a ping key is enough. Start at `target`; `deliver` sends.
`overdue.exec.job` decides when a job's pings are sent; the server decides what a ping means (docs/reference/rules.md,
Terms).

The retries are hand-written because a pause must end early when the job ends, and before the deadline.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode, urlsplit

from chalicelib.domain.errors import BadInput, OverdueError
from chalicelib.domain.ids import is_uuid
from chalicelib.domain.slugs import SLUG, slug_of
from overdue.cli.settings import Settings
from overdue.client import http
from overdue.client.http import Answer, Unreachable, origin

ATTEMPT_S = 3.0  # a cold start takes one or two
PAUSES_S = (0.5, 1.5)  # before the second and third attempts, plus up to 50 % of jitter
LONGEST_PAUSE_S = 2.0  # a longer Retry-After is cut to this


class RefusedPing(OverdueError):
    """The server answered, but did not record the ping."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where to send the pings of a check."""

    url: str  # without an action; a secret
    new: Mapping[str, str] | None  # settings for a check that the ping creates; None: the ping creates no check


def target(check: str, settings: Settings, *, new: Mapping[str, str] | None) -> Target:
    """The target for a check given by ping URL, code or slug. Raises BadInput with what is missing or wrong."""
    _must_be_text("the name of the check", check)
    if "://" in check:
        parts = urlsplit(check)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise BadInput(f"{origin(check)}… is not a ping URL: those start with http and have no ? and no #.")
        return Target(url=check.rstrip("/"), new=new)
    if is_uuid(check.lower()):
        if new is not None:
            raise BadInput("--create needs a slug: a check with a code already exists. Give a slug, or omit --create.")
        return Target(url=f"{settings.base()}/ping/{check.lower()}", new=None)
    if not SLUG.fullmatch(check):
        similar = slug_of(check) or "my-job"
        raise BadInput(f'"{check}" is not a slug. Use lower-case letters, digits, - and _, such as "{similar}".')
    base = settings.base()
    if settings.ping_key is None:
        raise BadInput(f'The slug "{check}" needs a ping key. Set OVERDUE_PING_KEY, or give the ping URL.')
    _must_be_text("the ping key", settings.ping_key)
    return Target(url=f"{base}/ping/{quote(settings.ping_key, safe='')}/{check}", new=new)


def ping_url(target: Target, action: str, *, rid: str | None) -> str:
    """The URL of one ping; an empty action means success. Raises BadInput for a setting that is not valid UTF-8."""
    query = {} if target.new is None else {"create": "1", **target.new}
    for name, value in query.items():
        _must_be_text(f"--{name}", value)
    if rid is not None:
        query["rid"] = rid
    return target.url + (f"/{action}" if action else "") + (f"?{urlencode(query)}" if query else "")


def _must_be_text(name: str, value: str) -> None:
    """Refuse bytes that are not UTF-8: Python reads them from the shell as lone surrogates, which no URL can hold."""
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise BadInput(f"{name} is not valid UTF-8") from error


def deliver(url: str, *, body: bytes, until_s: float, wait: Callable[[float], bool]) -> Answer:
    """Send a ping, with up to three attempts until `until_s` on the monotonic clock, and return the answer.

    `wait` sleeps for the given seconds and returns True to give up. A repeated ping is harmless: it has the same rid.
    Raises Unreachable and RefusedPing.
    """
    for pause_s in (*PAUSES_S, None):
        result = _attempt(url, body, until_s)
        if isinstance(result, Answer) and (_is_taken(result) or not _may_pass(result)):
            break
        if pause_s is None or time.monotonic() + pause_s >= until_s or wait(_spread(pause_s, result)):
            break
    if isinstance(result, Unreachable):
        raise result
    if not _is_taken(result):
        raise RefusedPing(_refusal(result, url), result.status)
    return result


def _attempt(url: str, body: bytes, until_s: float) -> Answer | Unreachable:
    timeout_s = max(min(ATTEMPT_S, until_s - time.monotonic()), 0.1)
    headers = {"Content-Type": "application/octet-stream"} if body else {}
    try:
        return http.send("POST", url, body=body, headers=headers, timeout_s=timeout_s)
    except Unreachable as error:
        return error


def _is_taken(answer: Answer) -> bool:
    """Whether Overdue confirms the ping. A status of 200 is not enough: captive portals and parked domains send it."""
    return answer.is_good and answer.body.strip() in (b"OK", b"Created")


def _may_pass(answer: Answer) -> bool:
    return answer.status >= 500 or answer.status == 429


def _spread(pause_s: float, result: Answer | Unreachable) -> float:
    """Follow a Retry-After of up to `LONGEST_PAUSE_S`, and add jitter so that clients do not retry at the same time."""
    from random import uniform  # 1 ms: most pings succeed at the first attempt

    retry_after = result.headers.get("retry-after", "") if isinstance(result, Answer) else ""
    if retry_after.isascii() and retry_after.isdigit():
        pause_s = max(pause_s, min(float(retry_after[:6]), LONGEST_PAUSE_S))
    return pause_s * uniform(1, 1.5)  # noqa: S311  # jitter needs no secure source


def _refusal(answer: Answer, url: str) -> str:
    where = origin(url)
    if 300 <= answer.status < 400:
        return f"{where} redirects pings to {answer.headers.get('location', 'another URL')[:100]}: use that URL"
    hints = {
        404: "no such check, or wrong ping key; use --create to create a check from its slug",
        409: "two checks have this slug; use the ping URL of one of them",
    }
    hint = "this is not an answer of Overdue; check the URL" if answer.is_good else hints.get(answer.status)
    return f"{where} answered {answer.status} {answer.text(100)}".rstrip() + (f": {hint}" if hint else "")
