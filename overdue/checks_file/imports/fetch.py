"""Reads a Healthchecks server's Management API, version 3: two routes, each one request. Raises RefusedRequest and
Unreachable. What it found is `healthchecks`' business.
"""

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode, urlsplit

from chalicelib.domain.errors import BadInput
from overdue.client import http
from overdue.client.api import TIMEOUT_S, RefusedRequest
from overdue.client.schemas import ChannelJson, CheckJson, is_like


def checks_of(url: str, key: str, *, tags: Sequence[str]) -> list[CheckJson]:
    """The project's checks that bear all of these tags."""
    query = urlencode([("tag", tag) for tag in tags])
    return _ask(url, key, f"checks/?{query}" if query else "checks/", name="checks", shape=CheckJson)


def channels_of(url: str, key: str) -> list[ChannelJson]:
    """The project's channels; the key must be a read-write one."""
    return _ask(url, key, "channels/", name="channels", shape=ChannelJson)


def _ask(url: str, key: str, path: str, *, name: str, shape: type) -> list[Any]:
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise BadInput(f'URL "{url}" is not the address of a server: write it like https://healthchecks.io')
    address = f"{url.rstrip('/')}/api/v3/{path}"
    answer = http.send("GET", address, body=None, headers={"X-Api-Key": key}, timeout_s=TIMEOUT_S)
    where = http.origin(url)
    if answer.status == 401:
        raise RefusedRequest(f"{where} does not know this API key: take one of the project's settings there")
    if not answer.is_good:
        raise RefusedRequest(f"{where} did not do it ({answer.status}): {answer.text(200)}")
    found = _listed(answer, name)
    if found is None or not all(is_like(each, shape) for each in found):
        raise RefusedRequest(f"{where} is no Healthchecks API: it answered {answer.text(60)!r}")
    return found


def _listed(answer: http.Answer, name: str) -> list[Any] | None:
    """None for what is no JSON, or has no such list."""
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
    listed = found.get(name) if isinstance(found, dict) else None
    return listed if isinstance(listed, list) else None
