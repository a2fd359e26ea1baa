"""The project as Prometheus reads it: `/projects/{id}/metrics/{read-only key}` (docs/reference/wire.md, Prometheus).

Format: Prometheus text exposition, version 0.0.4. The key stands in the path or comes as a Bearer token.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from chalice.app import Response

from chalicelib.domain.check import Check, Status, started
from chalicelib.domain.errors import NotFound
from chalicelib.domain.ids import unique_key
from chalicelib.domain.keys import KEY_LENGTH, Scope, prefix_of
from chalicelib.domain.text import display_status
from chalicelib.domain.text.display_status import DisplayStatus
from chalicelib.domain.text.inert import inert
from chalicelib.runtime import Wiring
from chalicelib.services.find_checks import all_checks
from chalicelib.web.anonymous.get_only import serve_get
from chalicelib.web.answers import answer
from chalicelib.web.app import plain
from chalicelib.web.request import source_of

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_PATH = re.compile(r"(?P<project>[\w-]+)(?:/checks)?/metrics(?:/(?P<key>[^/]+))?")


def page(wiring: Wiring, request: Any, rest: str) -> Response:
    """`/projects/{id}/metrics[/{key}]`, and the older `/projects/{id}/checks/metrics/{key}`."""
    found = _PATH.fullmatch(rest)
    source = source_of(request.to_original_event())
    return serve_get(request, lambda now: _page(wiring, found, request.headers, source=source, now=now))


def _page(
    wiring: Wiring, found: re.Match[str] | None, headers: Mapping[str, str], *, source: str, now: datetime
) -> Response:
    if found is None:
        raise NotFound("no such page")
    secret = found["key"] or _bearer(headers.get("authorization", ""))
    if not secret:
        return plain(401, "a read-only key is needed", {"WWW-Authenticate": "Bearer"})
    if len(secret) != KEY_LENGTH:
        wiring.refusals.log("key_refused", source=source, now=now, key_prefix=prefix_of(secret), at="metrics")
        return plain(400, "this is no key")
    project = found["project"]
    if not _may_read(wiring, project, secret, now=now):
        wiring.refusals.log("key_refused", source=source, now=now, key_prefix=prefix_of(secret), at="metrics")
        return plain(403, "not this project's read-only key")
    checks = [display_status.as_of(check, now=now) for check in all_checks(wiring.ports, project)]
    text = "".join(f"{line}\n" for line in lines(checks, now=now))
    return answer(text, CONTENT_TYPE, headers.get("accept-encoding", ""))


def _bearer(header: str) -> str:
    scheme, _, token = header.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _may_read(wiring: Wiring, project: str, secret: str, *, now: datetime) -> bool:
    try:
        key = wiring.registry.key(secret, now=now)
    except NotFound:
        return False
    return (key.project, key.scope) == (project, Scope.READ_ONLY)


def lines(checks: Sequence[Check], *, now: datetime) -> Iterator[str]:
    """The page, line by line: four gauges for each check, one for each tag, two totals."""
    states = {check.code: display_status.status_without_unknown(check, now=now) for check in checks}
    down = {code for code, state in states.items() if state is DisplayStatus.DOWN}
    gauges: dict[str, tuple[str, Callable[[Check], bool]]] = {
        "up": ("is not down", lambda check: check.code not in down),
        "started": ("has an open run", lambda check: started(check) is not None),
        "grace": ("is late, within its grace", lambda check: states[check.code] is DisplayStatus.GRACE),
        "paused": ("is paused", lambda check: check.status is Status.PAUSED),
    }
    labels = {check.code: _labels(check) for check in checks}
    for name, (words, holds) in gauges.items():
        yield from _head(f"hc_check_{name}", f"1 if the check {words}, else 0.")
        yield from (f"hc_check_{name}{labels[check.code]} {int(holds(check))}" for check in checks)
    yield from _head("hc_tag_up", "1 if no check with this tag is down, else 0.")
    tags: dict[str, bool] = {}
    for check in checks:
        for tag in check.config.tags.split():
            label = _escaped(tag)  # two tags that look alike are one: a label that comes twice spoils the whole page
            tags[label] = tags.get(label, True) and check.code not in down
    yield from (f'hc_tag_up{{tag="{tag}"}} {int(is_up)}' for tag, is_up in sorted(tags.items()))
    yield from _head("hc_checks_total", "How many checks there are.")
    yield f"hc_checks_total {len(checks)}"
    yield from _head("hc_checks_down_total", "How many of them are down.")
    yield f"hc_checks_down_total {len(down)}"


def _head(name: str, words: str) -> Iterator[str]:
    yield f"# HELP {name} {words}"
    yield f"# TYPE {name} gauge"


def _labels(check: Check) -> str:
    config = check.config
    return f'{{name="{_escaped(config.name)}", tags="{_escaped(config.tags)}", unique_key="{unique_key(check.code)}"}}'


def _escaped(text: str) -> str:
    """As a label's value: the format escapes these three, and has nothing for other controls."""
    return inert(text).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
