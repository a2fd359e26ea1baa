"""A client of the Management API, version 3, for the command line: typed answers, and errors that say what to do.

Start at `Api`, and at `find` for a check by its code, slug or name. The client decides nothing about checks;
docs/reference/wire.md says what the routes and fields mean.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TypeVar, cast
from urllib.parse import quote, urlencode

from chalicelib.domain.errors import BadInput, OverdueError
from chalicelib.domain.ids import is_uuid
from overdue.cli.settings import Settings
from overdue.client import http
from overdue.client.schemas import ChannelJson, CheckJson, FlipJson, PingJson, PolicyJson, is_like

TIMEOUT_S = 15.0
NAMES_SHOWN = 3

T = TypeVar("T")

_KEY = re.compile(r"[!-~]+")
_FIELD_ERROR = "json validation error: "
_NAMES_CHECK = re.compile(r"checks/[^?]")
_UNIQUE_KEY = re.compile(r"[0-9a-f]{40}")
_SHORT_CODE = re.compile(r"[0-9a-f]{8}")


class RefusedRequest(OverdueError):
    """The API answered, but refused the request."""


class UnknownCheck(OverdueError):
    """No check has this name, slug or code."""


@dataclass(frozen=True, slots=True)
class Found:
    """A check with the id that routes use: its code, or its unique key if the API key is read-only."""

    check: CheckJson

    @property
    def id(self) -> str:
        """The id for routes that read the check."""
        return self.check.get("uuid") or self.check["unique_key"]

    @property
    def code(self) -> str:
        """The id for routes that change the check. Raises BadInput if the API key is read-only."""
        if "uuid" not in self.check:
            raise BadInput("This API key is read-only. Use a read-write key, or make one with: overdue keys add")
        return self.check["uuid"]

    @property
    def title(self) -> str:
        """The name, else the slug, else the start of the id."""
        return self.check["name"] or self.check["slug"] or self.id[:8]

    def ping_url(self) -> str:
        """The ping URL. Raises BadInput if the API key is read-only."""
        if "ping_url" not in self.check:
            raise BadInput("This API key is read-only and cannot see ping URLs. Use a ping key or a read-write key.")
        return self.check["ping_url"]


@dataclass(frozen=True, slots=True)
class Api:
    """The API of one deployment with one key. Each method sends one request, raising RefusedRequest or Unreachable."""

    base: str
    key: str
    stage: str | None

    @classmethod
    def of(cls, settings: Settings) -> "Api":
        """The API that the settings name. Raises BadInput if they have no API key or a malformed one."""
        base = settings.base()
        if settings.api_key is None:
            where = f"stage {json.dumps(settings.stage)}" if settings.stage else base
            raise BadInput(
                f"No API key for {where}. Set OVERDUE_API_KEY, or make a key with: overdue keys add"
                + (f" --stage {settings.stage}" if settings.stage else " --stage NAME")
            )
        if not _KEY.fullmatch(settings.api_key):
            raise BadInput("The API key has a space, a line break or a character that no key has. Copy the key again.")
        return cls(f"{base}/api/v3", settings.api_key, settings.stage)

    def checks(self, *, tags: Sequence[str]) -> list[CheckJson]:
        """The checks that have all of these tags."""
        query = urlencode([("tag", tag) for tag in tags])
        return self._list("checks", f"checks/?{query}" if query else "checks/", CheckJson)

    def check(self, name: str) -> CheckJson:
        """One check by its code or unique key. Also raises UnknownCheck."""
        return self._check("GET", f"checks/{name}")

    def create(self, fields: Mapping[str, object]) -> CheckJson:
        """Create a check and return it."""
        return self._check("POST", "checks/", fields)

    def update(self, name: str, fields: Mapping[str, object]) -> CheckJson:
        """Change these fields of a check and return it."""
        return self._check("POST", f"checks/{name}", fields)

    def pause(self, name: str) -> CheckJson:
        """Pause a check: it expects no pings and sends no alerts."""
        return self._check("POST", f"checks/{name}/pause", {})

    def resume(self, name: str) -> CheckJson:
        """Resume a paused check, which then waits for its next ping."""
        return self._check("POST", f"checks/{name}/resume", {})

    def snooze(self, name: str, until: Mapping[str, object]) -> CheckJson:
        """Snooze the alerts of a check: `until` has the field `for` (seconds) or `until` (an instant)."""
        return self._check("POST", f"checks/{name}/snooze", until)

    def unsnooze(self, name: str) -> CheckJson:
        """End the snooze of a check."""
        return self._check("POST", f"checks/{name}/unsnooze", {})

    def acknowledge(self, name: str) -> CheckJson:
        """Acknowledge the outage of a check."""
        return self._check("POST", f"checks/{name}/ack", {})

    def delete(self, name: str) -> CheckJson:
        """Delete a check with its history; return the check as it was."""
        return self._check("DELETE", f"checks/{name}")

    def pings(self, name: str) -> list[PingJson]:
        """The pings of a check, newest first, at most 1000."""
        return self._list("pings", f"checks/{name}/pings/", PingJson)

    def body(self, name: str, number: int) -> bytes:
        """The body of a ping."""
        return self._send("GET", f"checks/{name}/pings/{number}/body", None).body

    def flips(self, name: str) -> list[FlipJson]:
        """The changes of status of a check, newest first."""
        return self._list("flips", f"checks/{name}/flips/", FlipJson)

    def channels(self) -> list[ChannelJson]:
        """The notification channels."""
        return self._list("channels", "channels/", ChannelJson)

    def escalations(self) -> list[PolicyJson]:
        """The escalation policies."""
        return self._list("escalations", "escalations/", PolicyJson)

    def keep_escalation(self, name: str, steps: object) -> PolicyJson:
        """Create a policy, or replace its steps for all checks that use it."""
        return self._policy("POST", "escalations/", {"name": name, "steps": steps})

    def remove_escalation(self, name: str) -> PolicyJson:
        """Delete a policy; return it as it was."""
        return self._policy("DELETE", f"escalations/{quote(name, safe='')}", None)

    def _policy(self, method: str, path: str, fields: Mapping[str, object] | None) -> PolicyJson:
        answer = self._send(method, path, fields)
        found = _json(answer)
        if not is_like(found, PolicyJson):
            raise self._is_no_overdue(answer)
        return cast("PolicyJson", found)  # checked by is_like

    def _check(self, method: str, path: str, fields: Mapping[str, object] | None = None) -> CheckJson:
        answer = self._send(method, path, fields)
        found = _json(answer)
        if not is_like(found, CheckJson):
            raise self._is_no_overdue(answer)
        return cast("CheckJson", found)  # checked by is_like

    def _list(self, name: str, path: str, shape: type[T]) -> list[T]:
        answer = self._send("GET", path, None)
        found = _json(answer)
        listed = found.get(name) if isinstance(found, dict) else None
        if not isinstance(listed, list) or not all(is_like(each, shape) for each in listed):
            raise self._is_no_overdue(answer)
        return listed

    def _is_no_overdue(self, answer: http.Answer) -> RefusedRequest:
        return RefusedRequest(f"{self.base} is not an Overdue API: it answered {answer.text(60)!r}. Check the URL.")

    def _send(self, method: str, path: str, fields: Mapping[str, object] | None) -> http.Answer:
        body = None if fields is None else json.dumps(fields).encode()
        headers = {"X-Api-Key": self.key} | ({} if body is None else {"Content-Type": "application/json"})
        answer = http.send(method, f"{self.base}/{path}", body=body, headers=headers, timeout_s=TIMEOUT_S)
        if not answer.is_good:
            raise self._refusal(answer, path)
        return answer

    def _refusal(self, answer: http.Answer, path: str) -> OverdueError:
        reason = _reason(answer)
        match answer.status:
            case 401:
                stage = f" --stage {self.stage}" if self.stage else ""
                return RefusedRequest(
                    f"{http.origin(self.base)} rejected the API key: {reason}. It is unknown there or lacks the "
                    f"permission. Make another with: overdue keys add{stage or ' --stage NAME'}"
                )
            case 403 | 404 if _NAMES_CHECK.match(path):
                return UnknownCheck("no such check in this project")
            case 404:
                return self._is_no_overdue(answer)
            case 300 | 301 | 302 | 303 | 307 | 308:
                where = answer.headers.get("location", "another URL")[:100]
                return RefusedRequest(f"{http.origin(self.base)} redirects requests to {where}: use that URL")
            case _:
                return RefusedRequest(f"{http.origin(self.base)} answered {answer.status}: {reason}")


def _json(answer: http.Answer) -> object:
    """The JSON value of the body; None if it is not JSON (no answer that we read is null)."""
    try:
        return cast("object", json.loads(answer.body))
    except (ValueError, RecursionError):
        return None


def _reason(answer: http.Answer) -> str:
    """The server's reason for the refusal, with names of fields replaced by the options that set them."""
    found = _json(answer)
    if not isinstance(found, dict) or "error" not in found:
        return answer.text(200)
    error = str(found["error"])
    if error.startswith(_FIELD_ERROR):
        from overdue.client.option_names import with_option_names  # imports the field table: 40 ms

        error = with_option_names(error.removeprefix(_FIELD_ERROR))
    return ": ".join([error, str(found["detail"])] if found.get("detail") else [error])


def find(api: Api, name: str) -> Found:
    """Find a check by its code or the first 8 digits of it, unique key, slug or name.

    Raises UnknownCheck, which suggests similar names, and BadInput if several checks match. One or two requests.
    """
    if is_uuid(name.lower()) or _UNIQUE_KEY.fullmatch(name):
        try:
            return Found(api.check(quote(name.lower(), safe="")))
        except UnknownCheck as error:
            raise UnknownCheck(f"This project has no check {name[:8]}…") from error
    checks = [Found(check) for check in api.checks(tags=())]
    for is_match in (_slug, _name, _folded, _code):
        matching = [found for found in checks if is_match(found, name)]
        if len(matching) > 1:
            raise BadInput(_several(name, matching))
        if matching:
            return matching[0]
    raise UnknownCheck(_nobody(name, checks))


def _slug(found: Found, name: str) -> bool:
    return found.check["slug"] == name


def _name(found: Found, name: str) -> bool:
    return found.check["name"] == name


def _folded(found: Found, name: str) -> bool:
    return found.check["name"].casefold() == name.casefold()


def _code(found: Found, name: str) -> bool:
    return _SHORT_CODE.fullmatch(name) is not None and found.id.startswith(name)


def _several(name: str, matching: list[Found]) -> str:
    codes = ", ".join(f"{found.id[:8]} ({found.check['tags'] or 'no tags'})" for found in matching)
    return f'{len(matching)} checks are called "{name}". Use one of their codes: {codes}'


def _nobody(name: str, checks: list[Found]) -> str:
    by_name = {word: found for found in checks for word in (found.check["slug"], found.check["name"].casefold())}
    near = get_close_matches(name.casefold(), [word for word in by_name if word], n=2 * NAMES_SHOWN, cutoff=0.5)
    titles = list(dict.fromkeys(by_name[word].check["slug"] or by_name[word].title for word in near))[:NAMES_SHOWN]
    if titles:
        return f'No check is called "{name}". Similar names: {", ".join(titles)}'
    return f'No check is called "{name}". See all checks with: overdue checks list'
