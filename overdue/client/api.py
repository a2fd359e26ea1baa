"""The Management API, version 3, as the command line uses it: typed answers, and refusals that say what to do.

Start at `Api`, and at `find` for a check by whatever people call it. Nothing is decided about checks here; what the
routes and their fields mean is the server's business.
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
    """The API has answered, and did not do it."""


class UnknownCheck(OverdueError):
    """No check is called so."""


@dataclass(frozen=True, slots=True)
class Found:
    """A check with the name that routes take: its code, or the unique key that a read-only key gets instead."""

    check: CheckJson

    @property
    def id(self) -> str:
        """What stands in a route."""
        return self.check.get("uuid") or self.check["unique_key"]

    @property
    def code(self) -> str:
        """What stands in a route that changes it. Raises BadInput when the key may not."""
        if "uuid" not in self.check:
            raise BadInput("this API key is read-only: use a read-write key, or make one with: overdue keys add")
        return self.check["uuid"]

    @property
    def title(self) -> str:
        """What people call it."""
        return self.check["name"] or self.check["slug"] or self.id[:8]

    def ping_url(self) -> str:
        """Where it is pinged. Raises BadInput when the key does not show it."""
        if "ping_url" not in self.check:
            raise BadInput("this API key is read-only, and shows no ping URL: use a ping key or a read-write key")
        return self.check["ping_url"]


@dataclass(frozen=True, slots=True)
class Api:
    """One deployment's API with one key. Each method is one request; each raises RefusedRequest and Unreachable."""

    base: str
    key: str
    stage: str | None

    @classmethod
    def of(cls, settings: Settings) -> "Api":
        """Raises BadInput when no key is known."""
        base = settings.base()
        if settings.api_key is None:
            where = f"stage {json.dumps(settings.stage)}" if settings.stage else base
            raise BadInput(
                f"No API key for {where}. Set OVERDUE_API_KEY, or make a key with: overdue keys add"
                + (f" --stage {settings.stage}" if settings.stage else " --stage NAME")
            )
        if not _KEY.fullmatch(settings.api_key):
            raise BadInput("this API key is none: a key is letters and digits, without blanks and line breaks in it")
        return cls(f"{base}/api/v3", settings.api_key, settings.stage)

    def checks(self, *, tags: Sequence[str]) -> list[CheckJson]:
        """The checks that bear all of these tags."""
        query = urlencode([("tag", tag) for tag in tags])
        return self._list("checks", f"checks/?{query}" if query else "checks/", CheckJson)

    def check(self, name: str) -> CheckJson:
        """One check by its code or unique key. Raises UnknownCheck, too."""
        return self._check("GET", f"checks/{name}")

    def create(self, fields: Mapping[str, object]) -> CheckJson:
        """Make a check."""
        return self._check("POST", "checks/", fields)

    def update(self, name: str, fields: Mapping[str, object]) -> CheckJson:
        """Change these fields of a check."""
        return self._check("POST", f"checks/{name}", fields)

    def pause(self, name: str) -> CheckJson:
        """Expect nothing of a check."""
        return self._check("POST", f"checks/{name}/pause", {})

    def resume(self, name: str) -> CheckJson:
        """Let a paused check begin anew."""
        return self._check("POST", f"checks/{name}/resume", {})

    def snooze(self, name: str, until: Mapping[str, object]) -> CheckJson:
        """Send no alert of a check `for` so many seconds or `until` an instant."""
        return self._check("POST", f"checks/{name}/snooze", until)

    def unsnooze(self, name: str) -> CheckJson:
        """Send alerts of a check again."""
        return self._check("POST", f"checks/{name}/unsnooze", {})

    def acknowledge(self, name: str) -> CheckJson:
        """Say that somebody sees to a check's outage."""
        return self._check("POST", f"checks/{name}/ack", {})

    def delete(self, name: str) -> CheckJson:
        """Delete a check with its history; what it was."""
        return self._check("DELETE", f"checks/{name}")

    def pings(self, name: str) -> list[PingJson]:
        """The pings of a check, newest first, at most 1000."""
        return self._list("pings", f"checks/{name}/pings/", PingJson)

    def body(self, name: str, number: int) -> bytes:
        """What a ping had to say."""
        return self._send("GET", f"checks/{name}/pings/{number}/body", None).body

    def flips(self, name: str) -> list[FlipJson]:
        """The changes of status of a check, newest first."""
        return self._list("flips", f"checks/{name}/flips/", FlipJson)

    def channels(self) -> list[ChannelJson]:
        """Where alerts go."""
        return self._list("channels", "channels/", ChannelJson)

    def escalations(self) -> list[PolicyJson]:
        """The escalation policies."""
        return self._list("escalations", "escalations/", PolicyJson)

    def keep_escalation(self, name: str, steps: object) -> PolicyJson:
        """Make a policy, or change it in each check that names it."""
        return self._policy("POST", "escalations/", {"name": name, "steps": steps})

    def remove_escalation(self, name: str) -> PolicyJson:
        """Remove a policy; what it was."""
        return self._policy("DELETE", f"escalations/{quote(name, safe='')}", None)

    def _policy(self, method: str, path: str, fields: Mapping[str, object] | None) -> PolicyJson:
        answer = self._send(method, path, fields)
        found = _json(answer)
        if not is_like(found, PolicyJson):
            raise self._is_no_overdue(answer)
        return cast("PolicyJson", found)  # as has just been seen

    def _check(self, method: str, path: str, fields: Mapping[str, object] | None = None) -> CheckJson:
        answer = self._send(method, path, fields)
        found = _json(answer)
        if not is_like(found, CheckJson):
            raise self._is_no_overdue(answer)
        return cast("CheckJson", found)  # as has just been seen

    def _list(self, name: str, path: str, shape: type[T]) -> list[T]:
        answer = self._send("GET", path, None)
        found = _json(answer)
        listed = found.get(name) if isinstance(found, dict) else None
        if not isinstance(listed, list) or not all(is_like(each, shape) for each in listed):
            raise self._is_no_overdue(answer)
        return listed

    def _is_no_overdue(self, answer: http.Answer) -> RefusedRequest:
        return RefusedRequest(f"{self.base} is no Overdue API: it answered {answer.text(60)!r}")

    def _send(self, method: str, path: str, fields: Mapping[str, object] | None) -> http.Answer:
        body = None if fields is None else json.dumps(fields).encode()
        headers = {"X-Api-Key": self.key} | ({} if body is None else {"Content-Type": "application/json"})
        answer = http.send(method, f"{self.base}/{path}", body=body, headers=headers, timeout_s=TIMEOUT_S)
        if not answer.is_good:
            raise self._refusal(answer, path)
        return answer

    def _refusal(self, answer: http.Answer, path: str) -> OverdueError:
        said = _reason(answer)
        match answer.status:
            case 401:
                stage = f" --stage {self.stage}" if self.stage else ""
                return RefusedRequest(
                    f"{http.origin(self.base)} says: {said}. This API key is not known there, or may not do this; "
                    f"make another with: overdue keys add{stage or ' --stage NAME'}"
                )
            case 403 | 404 if _NAMES_CHECK.match(path):
                return UnknownCheck("no such check, or it is another project's")
            case 404:
                return self._is_no_overdue(answer)
            case 300 | 301 | 302 | 303 | 307 | 308:
                where = answer.headers.get("location", "elsewhere")[:100]
                return RefusedRequest(f"{http.origin(self.base)} sends requests on to {where}: use that URL")
            case _:
                return RefusedRequest(f"{http.origin(self.base)} did not do it ({answer.status}): {said}")


def _json(answer: http.Answer) -> object:
    """None for what is no JSON: no answer that anybody reads is null."""
    try:
        return cast("object", json.loads(answer.body))
    except (ValueError, RecursionError):
        return None


def _reason(answer: http.Answer) -> str:
    """Why it was refused, in the server's words, and by the name of the option where a field is wrong."""
    found = _json(answer)
    if not isinstance(found, dict) or "error" not in found:
        return answer.text(200)
    error = str(found["error"])
    if error.startswith(_FIELD_ERROR):
        from overdue.client.option_names import with_option_names  # imports the field table: 40 ms

        error = with_option_names(error.removeprefix(_FIELD_ERROR))
    return ": ".join([error, str(found["detail"])] if found.get("detail") else [error])


def find(api: Api, name: str) -> Found:
    """The check that people call so: by code or its first 8 digits, unique key, slug or name.

    Raises UnknownCheck, which suggests names that are near, and BadInput when several bear the name.
    """
    if is_uuid(name.lower()) or _UNIQUE_KEY.fullmatch(name):
        try:
            return Found(api.check(quote(name.lower(), safe="")))
        except UnknownCheck as error:
            raise UnknownCheck(f"there is no check {name[:8]}… in this project") from error
    everyone = [Found(check) for check in api.checks(tags=())]
    for called in (_slug, _name, _folded, _code):
        matching = [found for found in everyone if called(found, name)]
        if len(matching) > 1:
            raise BadInput(_several(name, matching))
        if matching:
            return matching[0]
    raise UnknownCheck(_nobody(name, everyone))


def _slug(found: Found, name: str) -> bool:
    return found.check["slug"] == name


def _name(found: Found, name: str) -> bool:
    return found.check["name"] == name


def _folded(found: Found, name: str) -> bool:
    return found.check["name"].casefold() == name.casefold()


def _code(found: Found, name: str) -> bool:
    return _SHORT_CODE.fullmatch(name) is not None and found.id.startswith(name)


def _several(name: str, matching: list[Found]) -> str:
    each = ", ".join(f"{found.id[:8]} ({found.check['tags'] or 'no tags'})" for found in matching)
    return f'{len(matching)} checks are called "{name}": use one of their codes, {each}'


def _nobody(name: str, everyone: list[Found]) -> str:
    by_name = {word: found for found in everyone for word in (found.check["slug"], found.check["name"].casefold())}
    near = get_close_matches(name.casefold(), [word for word in by_name if word], n=2 * NAMES_SHOWN, cutoff=0.5)
    titles = list(dict.fromkeys(by_name[word].check["slug"] or by_name[word].title for word in near))[:NAMES_SHOWN]
    if titles:
        return f'there is no check "{name}". Near to it: {", ".join(titles)}'
    return f'there is no check "{name}". `overdue checks list` shows those that are'
