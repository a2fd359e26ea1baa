"""Pings from the command line: which URL means which check, and how often one is tried.

Needs no API key: a ping URL, a code, or a slug beside a ping key are enough. Start at `target`; `deliver` sends.
When a job's pings go out is `job`'s business; what they mean is decided by the server (docs/reference/rules.md, Terms).

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

ATTEMPTS = 3
ATTEMPT_S = 3.0  # a cold start takes one or two
PAUSES_S = (0.5, 1.5)  # before the second and the third attempt, and up to half as long again
LONGEST_PAUSE_S = 2.0  # however long a Retry-After says


class RefusedPing(OverdueError):
    """The server has answered, and did not take the ping."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A check as pings reach it."""

    url: str  # without an action; a secret
    new: Mapping[str, str] | None  # what a check that its ping makes shall be like; None: none shall be made


def target(check: str, settings: Settings, *, new: Mapping[str, str] | None) -> Target:
    """The check that is meant by its ping URL, code or slug. Raises BadInput, which says what is missing."""
    _must_be_text("the name of the check", check)
    if "://" in check:
        parts = urlsplit(check)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise BadInput(f"{origin(check)}…: this is no ping URL: one has neither a question mark nor a #")
        return Target(url=check.rstrip("/"), new=new)
    if is_uuid(check.lower()):
        if new is not None:
            raise BadInput("a check that is named by its code exists already: give a slug, or leave out --create")
        return Target(url=f"{settings.base()}/ping/{check.lower()}", new=None)
    if not SLUG.fullmatch(check):
        alike = slug_of(check) or "my-job"
        raise BadInput(f'"{check}" is no slug: those have lower-case letters, digits, - and _ only, such as "{alike}"')
    base = settings.base()
    if settings.ping_key is None:
        raise BadInput(f'No ping key, which the slug "{check}" needs. Set OVERDUE_PING_KEY, or give the ping URL')
    _must_be_text("the ping key", settings.ping_key)
    return Target(url=f"{base}/ping/{quote(settings.ping_key, safe='')}/{check}", new=new)


def ping_url(target: Target, action: str, *, rid: str | None) -> str:
    """The URL of one ping. No action means success. Raises BadInput for what is no text."""
    query = {} if target.new is None else {"create": "1", **target.new}
    for name, value in query.items():
        _must_be_text(f"--{name}", value)
    if rid is not None:
        query["rid"] = rid
    return target.url + (f"/{action}" if action else "") + (f"?{urlencode(query)}" if query else "")


def _must_be_text(name: str, value: str) -> None:
    """Bytes that are no UTF-8 come from the shell as lone surrogates, which no URL can bear."""
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise BadInput(f"{name} is no UTF-8 text") from error


def deliver(url: str, *, body: bytes, until_s: float, wait: Callable[[float], bool]) -> Answer:
    """Send a ping, again where that may help, until it is taken; `until_s` is on the steady clock.

    `wait` sleeps, and returns True to give up. A ping that is sent twice is harmless: it bears the same rid.
    Raises Unreachable and RefusedPing.
    """
    for pause_s in (*PAUSES_S, None):
        tried = _attempt(url, body, until_s)
        if isinstance(tried, Answer) and (_is_taken(tried) or not _may_pass(tried)):
            break
        if pause_s is None or time.monotonic() + pause_s >= until_s or wait(_spread(pause_s, tried)):
            break
    if isinstance(tried, Unreachable):
        raise tried
    if not _is_taken(tried):
        raise RefusedPing(_refusal(tried, url), tried.status)
    return tried


def _attempt(url: str, body: bytes, until_s: float) -> Answer | Unreachable:
    timeout_s = max(min(ATTEMPT_S, until_s - time.monotonic()), 0.1)
    headers = {"Content-Type": "application/octet-stream"} if body else {}
    try:
        return http.send("POST", url, body=body, headers=headers, timeout_s=timeout_s)
    except Unreachable as error:
        return error


def _is_taken(answer: Answer) -> bool:
    """Whether Overdue says so: behind a captive portal or a parked domain, anybody answers 200."""
    return answer.is_good and answer.body.strip() in (b"OK", b"Created")


def _may_pass(answer: Answer) -> bool:
    return answer.status >= 500 or answer.status == 429


def _spread(pause_s: float, tried: Answer | Unreachable) -> float:
    """Not all of those at once who were turned away at once; as long as the server asks, within reason."""
    from random import uniform  # here because most pings are taken at once

    asked = tried.headers.get("retry-after", "") if isinstance(tried, Answer) else ""
    if asked.isascii() and asked.isdigit():
        pause_s = max(pause_s, min(float(asked[:6]), LONGEST_PAUSE_S))
    return pause_s * uniform(1, 1.5)  # noqa: S311  # nothing secret


def _refusal(answer: Answer, url: str) -> str:
    where = origin(url)
    if 300 <= answer.status < 400:
        return f"{where} sends pings on to {answer.headers.get('location', 'elsewhere')[:100]}: use that URL"
    said = f"{answer.status} {answer.text(100)}".strip()
    hints = {
        404: "no such check, or a wrong ping key; --create makes a check from its slug",
        409: "two checks have this slug: use the ping URL of the one that is meant",
    }
    hint = "it answers, but not as Overdue does: is this the right URL?" if answer.is_good else hints.get(answer.status)
    return f"{where} did not take the ping ({said})" + (f": {hint}" if hint else "")
