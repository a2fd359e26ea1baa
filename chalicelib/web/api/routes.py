"""The Management API's routes: which handler answers what, who may ask, and how each refusal is told.

Start at `answered`. `app.py` sends everything below `/api/` here, with any verb. The order is the wire's: route (404),
verb (405, OPTIONS), body (400), key (401), then the handler, which finds the check (404, 403).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from chalice.app import Response

from chalicelib import log
from chalicelib.domain.errors import NotFound, Unavailable
from chalicelib.domain.field_errors import FieldError
from chalicelib.domain.ids import UUID
from chalicelib.domain.keys import Key, Scope
from chalicelib.domain.limits.quota import NotAdmitted
from chalicelib.domain.text.amounts import quantity
from chalicelib.runtime import Wiring
from chalicelib.services import relations
from chalicelib.services.checks import NotDown
from chalicelib.services.escalation_policies import InUse
from chalicelib.services.find_checks import OtherProject
from chalicelib.services.relations import BadRelation
from chalicelib.web import answers
from chalicelib.web.api.call import BadFilter, Call, Needs, NotPaused, Refused, TooLarge, Unauthorized, body_of, key_of
from chalicelib.web.api.schema import wire_errors
from chalicelib.web.api.versions import VERSIONS, Version
from chalicelib.web.app import load, plain
from chalicelib.web.request import moment, query_of, source_of


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What answers a verb, and what a request must show for it."""

    handler: str  # "module:function" of (call), imported when it is first called
    needs: Needs


@dataclass(frozen=True, slots=True)
class Route:
    """A path below the version, with what may stand in it."""

    path: re.Pattern[str]
    verbs: Mapping[str, Endpoint]


_CODE = f"(?P<code>{UUID})"
_UNIQUE_KEY = r"(?P<unique_key>[0-9a-f]{40})"
_N = r"(?P<n>[0-9]{1,12})"
_POLICY = r"(?P<policy>[A-Za-z0-9._-]{1,40})"


_READ, _WRITE, _ANYBODY = Needs.READING, Needs.WRITING, Needs.NOTHING
_ENDPOINTS = (
    ("checks", "GET", "chalicelib.web.api.checks:listed", _READ),
    ("checks", "POST", "chalicelib.web.api.check_edits:made", _WRITE),
    (f"checks/{_CODE}", "GET", "chalicelib.web.api.checks:one", _READ),
    (f"checks/{_CODE}", "POST", "chalicelib.web.api.check_edits:edited", _WRITE),
    (f"checks/{_CODE}", "DELETE", "chalicelib.web.api.checks:deleted", _WRITE),
    (f"checks/{_UNIQUE_KEY}", "GET", "chalicelib.web.api.checks:one_by_unique_key", _READ),
    (f"checks/{_CODE}/pause", "POST", "chalicelib.web.api.checks:paused", _WRITE),
    (f"checks/{_CODE}/resume", "POST", "chalicelib.web.api.checks:resumed", _WRITE),
    (f"checks/{_CODE}/snooze", "POST", "chalicelib.web.api.snooze:snoozed", _WRITE),
    (f"checks/{_CODE}/unsnooze", "POST", "chalicelib.web.api.snooze:unsnoozed", _WRITE),
    (f"checks/{_CODE}/ack", "POST", "chalicelib.web.api.snooze:acknowledged", _WRITE),
    (f"checks/{_CODE}/pings", "GET", "chalicelib.web.api.history:pings", _WRITE),
    (f"checks/{_CODE}/pings/{_N}/body", "GET", "chalicelib.web.api.history:body", _WRITE),
    (f"checks/{_CODE}/flips", "GET", "chalicelib.web.api.history:flips", _READ),
    (f"checks/{_UNIQUE_KEY}/flips", "GET", "chalicelib.web.api.history:flips_by_unique_key", _READ),
    ("channels", "GET", "chalicelib.web.api.project:channels", _WRITE),
    ("escalations", "GET", "chalicelib.web.api.escalations:listed", _WRITE),
    ("escalations", "POST", "chalicelib.web.api.escalations:kept", _WRITE),
    (f"escalations/{_POLICY}", "DELETE", "chalicelib.web.api.escalations:removed", _WRITE),
    ("badges", "GET", "chalicelib.web.api.project:badges", _READ),
    ("status", "GET", "chalicelib.web.api.project:is_working", _ANYBODY),
    (r"openapi\.json", "GET", "chalicelib.web.api.description:open_api", _ANYBODY),
)
ROUTES = tuple(
    Route(
        re.compile(path), {verb: Endpoint(handler, needs) for each, verb, handler, needs in _ENDPOINTS if each == path}
    )
    for path in dict.fromkeys(path for path, *_ in _ENDPOINTS)
)


def answered(wiring: Wiring, request: Any, rest: str) -> Response:
    """The answer to a request for `/api/{rest}`."""
    name, _, path = rest.partition("/")
    version = VERSIONS.get(name)
    found = None if version is None else _route(path)
    if version is None or found is None:
        return answers.error(404, "not found")
    route, place = found
    event = request.to_original_event()
    verb = event["httpMethod"]
    endpoint = route.verbs.get(verb)
    if endpoint is not None:
        response = _answered(wiring, event, request.headers, version, place, endpoint)
    else:
        response = plain(204 if verb == "OPTIONS" else 405, "")
    return _for_any_origin(response, route)


def _route(path: str) -> tuple[Route, dict[str, str]] | None:
    for route in ROUTES:
        match = route.path.fullmatch(path)
        if match is not None:
            return route, match.groupdict()
    return None


def _for_any_origin(response: Response, route: Route) -> Response:
    """The answer with the CORS headers that each one bears, errors too."""
    headers = {
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Allow-Headers": "X-Api-Key",
        "Access-Control-Allow-Methods": ", ".join((*route.verbs, "OPTIONS")),
        "Access-Control-Max-Age": "600",
    }
    return Response(response.body, {**response.headers, **headers}, response.status_code)


def _answered(
    wiring: Wiring, event: Any, headers: Mapping[str, str], version: Version, place: dict[str, str], endpoint: Endpoint
) -> Response:
    """The handler's answer; every refusal becomes its answer here."""
    now, source = moment(event), source_of(event)
    call: Call | None = None
    try:
        call = _call(wiring, event, headers, version, place, endpoint.needs)
        response: Response = load(endpoint.handler)(call)
        return response
    except TooLarge as error:
        return answers.error(413, str(error))
    except FieldError as error:
        wire = wire_errors.refused(error)
        return answers.error(400, str(wire), detail=wire.detail)
    except Refused as error:
        return answers.error(400, str(error), detail=error.detail)
    except BadFilter:
        return plain(400, "")
    except Unauthorized as error:
        if error.prefix is not None:
            wiring.refusals.log("key_refused", source=source, now=now, key_prefix=error.prefix, at="api")
        return answers.error(401, str(error))
    except BadRelation as error:
        return answers.error(400, _RELATION_TEXTS[error.problem].format(error.field), detail=error.detail)
    except OtherProject as error:
        _log_forbidden(wiring, call, now=now, why="other_project", check=error.check)
        return plain(403, "")
    except NotAdmitted as error:
        _log_forbidden(wiring, call, now=now, why="too_many_checks")
        return answers.error(403, str(error))
    except NotFound:
        return answers.error(404, "not found")
    except NotPaused as error:
        return plain(409, str(error))
    except NotDown:
        return plain(409, "check is not down")
    except InUse as error:
        return answers.error(409, _in_use(error))
    except Unavailable as error:
        log.event("api_refused", why=str(error))
        return answers.error(503, "try again in a few seconds", headers=answers.TRY_AGAIN)


_RELATION_TEXTS: Mapping[relations.Problem, str] = {
    "not_a_check": "json validation error: an item in '{}' is not a check",
    "group_in_group": "json validation error: a group cannot be a member of a group",
    "own_member": "json validation error: a group cannot depend on a member of its own",
    "circle": "json validation error: depends_on goes in a circle",
}


def _in_use(error: InUse) -> str:
    """What a refusal to remove a policy says: up to five of the checks that name it."""
    some = ", ".join(check.config.slug or check.config.name for check in error.users[:5])
    return f"policy {error.name} is that of {quantity(len(error.users), 'check')} ({some}): give each another first"


def _log_forbidden(wiring: Wiring, call: Call | None, *, now: datetime, **facts: str) -> None:
    assert call is not None, "only endpoints raise it"
    wiring.refusals.log("forbidden", now=now, **call.actor.facts(), **facts)


_NO_KEY = Key(project="", scope=Scope.READ_ONLY, name="")


def _call(
    wiring: Wiring, event: Any, headers: Mapping[str, str], version: Version, place: dict[str, str], needs: Needs
) -> Call:
    """The request, understood. Raises Refused, TooLarge, Unauthorized, Unavailable."""
    call = Call(
        wiring=wiring,
        version=version,
        key=_NO_KEY,
        now=moment(event),
        place=place,
        query=query_of(event),
        body=body_of(event) if event["httpMethod"] == "POST" else {},
        accepts=headers.get("accept-encoding", ""),
        source=source_of(event),
    )
    if needs is Needs.NOTHING:
        return call
    return replace(call, key=key_of(wiring, headers, call.body, needs, now=call.now))
