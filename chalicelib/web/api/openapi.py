"""The API described for programs: OpenAPI 3.1, served at `/api/v3/openapi.json`.

What a request may say comes from the very schemas that it is read with (`fields`); tests hold the rest against the
answers (tests/e2e/test_openapi.py, tests/unit/web/api/test_openapi.py). The routes are those of v3.
"""

from functools import lru_cache
from typing import Any

from chalicelib.domain.alerts import Kind, Reason
from chalicelib.domain.shown import Shown
from chalicelib.domain.signals import Signal
from chalicelib.web.api.fields import SCHEMAS, Schema
from chalicelib.web.api.group_field import SCHEMA as GROUP
from chalicelib.web.api.probe_field import SCHEMA as PROBE

_UUID = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
_TEXT: Schema = {"type": "string"}
_BOOL: Schema = {"type": "boolean"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_URL: Schema = {"type": "string", "format": "uri"}
_INSTANT: Schema = {"type": "string", "format": "date-time"}
_ERROR: Schema = {"$ref": "#/components/schemas/Error"}


@lru_cache(maxsize=1)
def document(base: str) -> Schema:
    """The whole document, for a deployment at this base URL."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Overdue",
            "version": "3",
            "description": "Checks that are overdue tell so. Compatible with the Management API v3 of Healthchecks.",
        },
        "servers": [{"url": f"{base}/api/v3"}],
        "security": [{"key": []}],
        "paths": _paths(),
        "components": {
            "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Api-Key"}},
            "parameters": _parameters(),
            "responses": _responses(),
            "schemas": {
                "Check": _check(),
                "CheckFields": _check_fields(),
                "Ping": _ping(),
                "Flip": _flip(),
                "Channel": _object(id=_TEXT, name=_TEXT, kind=_TEXT),
                "Policy": _object(name=_TEXT, steps={"type": "array", "items": _step("after", "channels")}),
                "Badges": _object(svg=_URL, svg3=_URL, json=_URL, json3=_URL, shields=_URL, shields3=_URL),
                "Error": _object(error=_TEXT),
            },
        },
    }


def _paths() -> Schema:
    check, flips = _ok("Check"), _ok(_object(flips=_list_of("Flip")))
    said = {"content": {"application/json": {"schema": _ref("CheckFields")}}, "required": False}
    window = [_parameter(name) for name in ("start", "end", "seconds")]
    return {
        "/checks/": {
            "get": _operation(
                "The project's checks, oldest first",
                _ok(_object(checks=_list_of("Check"))) | _refusals(413),
                parameters=[_parameter("tag"), _parameter("slug")],
            ),
            "post": _operation(
                "Make a check, or with `unique` edit the one that matches",
                check | {"201": check["200"] | {"description": "Made"}} | _refusals(400, 413),
                requestBody=said,
            ),
        },
        "/checks/{code}": {
            "parameters": [_parameter("code")],
            "get": _operation("A check", check | _refusals(403, 404)),
            "post": _operation("Edit a check", check | _refusals(400, 403, 404, 413), requestBody=said),
            "delete": _operation("Delete a check; it is returned as it was", check | _refusals(403, 404)),
        },
        "/checks/{unique_key}": {
            "parameters": [_parameter("unique_key")],
            "get": _operation("A check by its public name", check | _refusals(404)),
        },
        "/checks/{code}/pause": {
            "parameters": [_parameter("code")],
            "post": _operation("Expect nothing until a ping comes", check | _refusals(400, 403, 404, 413)),
        },
        "/checks/{code}/resume": {
            "parameters": [_parameter("code")],
            "post": _operation("Begin anew", check | _refusals(400, 403, 404, 413) | {"409": _NOT_PAUSED}),
        },
        "/checks/{code}/snooze": {
            "parameters": [_parameter("code")],
            "post": _operation(
                "Send no alert for so long, or until an instant; at its end one tells what is still down",
                check | _refusals(400, 403, 404, 413),
                requestBody={"content": {"application/json": {"schema": _SNOOZE}}, "required": True},
            ),
        },
        "/checks/{code}/unsnooze": {
            "parameters": [_parameter("code")],
            "post": _operation("Send alerts again", check | _refusals(400, 403, 404, 413)),
        },
        "/checks/{code}/ack": {
            "parameters": [_parameter("code")],
            "post": _operation(
                "Acknowledge the outage: no more reminders of it",
                check | _refusals(400, 403, 404, 413) | {"409": _NOT_DOWN},
            ),
        },
        "/checks/{code}/pings/": {
            "parameters": [_parameter("code")],
            "get": _operation("The pings, newest first", _ok(_object(pings=_list_of("Ping"))) | _refusals(403, 404)),
        },
        "/checks/{code}/pings/{n}/body": {
            "parameters": [_parameter("code"), _parameter("n")],
            "get": _operation(
                "The body of a ping",
                {"200": {"description": "The bytes as they came", "content": {"text/plain": {}}}} | _refusals(403, 404),
            ),
        },
        "/checks/{code}/flips/": {
            "parameters": [_parameter("code")],
            "get": _operation(
                "The changes of status, newest first",
                flips | _refusals(403, 404) | {"400": _BAD_FILTER},
                parameters=window,
            ),
        },
        "/checks/{unique_key}/flips/": {
            "parameters": [_parameter("unique_key")],
            "get": _operation(
                "The same by its public name",
                flips | _refusals(404) | {"400": _BAD_FILTER},
                parameters=window,
            ),
        },
        "/channels/": {"get": _operation("The project's channels", _ok(_object(channels=_list_of("Channel"))))},
        "/escalations/": {
            "get": _operation("The project's escalation policies", _ok(_object(escalations=_list_of("Policy")))),
            "post": _operation(
                "Make a policy, or change it in each check that names it",
                _ok("Policy") | _refusals(400, 413),
                requestBody={"content": {"application/json": {"schema": _POLICY}}, "required": True},
            ),
        },
        "/escalations/{policy}": {
            "parameters": [_parameter("policy")],
            "delete": _operation(
                "Remove a policy that no check names", _ok("Policy") | _refusals(404) | {"409": _IN_USE}
            ),
        },
        "/badges/": {
            "get": _operation(
                "The addresses of badges, by tag; `*` is all checks",
                _ok(_object(badges={"type": "object", "additionalProperties": _ref("Badges")})),
            )
        },
        "/status/": {"get": _operation("Whether the service works", {"200": _WORKING}, security=[])},
        "/openapi.json": {"get": _operation("This document", _ok({"type": "object"}), security=[])},
    }


_NOT_PAUSED: Schema = {"description": "The check is not paused", "content": {"text/plain": {"schema": _TEXT}}}
_NOT_DOWN: Schema = {"description": "The check is not down", "content": {"text/plain": {"schema": _TEXT}}}
_SNOOZE: Schema = {
    "type": "object",
    "properties": {
        "for": {"type": "integer", "minimum": 1, "maximum": 31_536_000, "description": "Seconds"},
        "until": {**_TEXT, "examples": ["2026-12-24T20:00", "2026-12-24T19:00:00Z"]},
    },
    "minProperties": 1,
    "maxProperties": 1,
}
_LEARNT: Schema = {
    "type": "object",
    "description": "What max_runtime: auto has learnt; null where it is not auto",
    "properties": {
        "runs": _COUNT,
        "usual": {"anyOf": [{"type": "array", "items": {"type": "number"}}, {"type": "null"}]},
        "max_runtime": {"anyOf": [_COUNT, {"type": "null"}]},
    },
    "required": ["runs", "usual", "max_runtime"],
}
_POLICY: Schema = {
    "type": "object",
    "properties": {"name": {**_TEXT, "maxLength": 40}, "steps": SCHEMAS["escalation"] | {"type": "array"}},
    "required": ["name", "steps"],
}
_IN_USE: Schema = {"description": "Checks name it", "content": {"application/json": {"schema": _ERROR}}}
_BAD_FILTER: Schema = {"description": "A parameter is no number, or out of bounds"}
_WORKING: Schema = {"description": "It does", "content": {"text/plain": {"schema": _TEXT}}}


def _operation(summary: str, responses: Schema, **more: Any) -> Schema:
    return {"summary": summary, **more, "responses": responses | _refusals(401, 503)}


def _ok(schema: Schema | str) -> Schema:
    found = _ref(schema) if isinstance(schema, str) else schema
    return {"200": {"description": "OK", "content": {"application/json": {"schema": found}}}}


def _refusals(*statuses: int) -> Schema:
    return {str(status): {"$ref": f"#/components/responses/{status}"} for status in statuses}


def _responses() -> Schema:
    words = {
        400: "The body is no JSON, or a field has a value that it cannot have: the first is named",
        401: "No key, or a wrong one",
        404: "There is no such check, or ping",
        413: "The request or its answer is too large",
        503: "Try again in a few seconds",
    }
    content = {"application/json": {"schema": _ref("Error")}}
    told = {str(status): {"description": text, "content": content} for status, text in words.items()}
    return told | {"403": {"description": "Another project's check"}}


def _parameters() -> Schema:
    epoch: Schema = {"type": "integer", "minimum": 0, "maximum": 10_000_000_000}
    found = {
        "code": _in("path", {"type": "string", "pattern": _UUID}),
        "unique_key": _in("path", {"type": "string", "pattern": "^[0-9a-f]{40}$"}),
        "n": _in("path", {"type": "integer", "minimum": 0, "maximum": 999_999_999_999}),
        "tag": _in("query", {"type": "array", "items": _TEXT}),
        "slug": _in("query", _TEXT),
        "policy": _in("path", {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,40}$"}),
        "start": _in("query", epoch),
        "end": _in("query", epoch),
        "seconds": _in("query", {"type": "integer", "minimum": 0, "maximum": 31_536_000}),
    }
    return {name: {"name": name, **parameter} for name, parameter in found.items()}


def _in(place: str, schema: Schema) -> Schema:
    return {"in": place, "required": place == "path", "schema": schema}


def _step(*required: str) -> Schema:
    return {"type": "object", "properties": {"after": _COUNT, "channels": _TEXT}, "required": list(required)}


def _flip() -> Schema:
    told = _object(kind={"enum": [kind.value for kind in Kind]}, to={"type": "array", "items": _TEXT}, at=_INSTANT)
    flip = _object(timestamp=_INSTANT, up={"enum": [0, 1]})
    flip["properties"]["sent"] = {"type": "array", "items": told, "description": "For keys that may write"}
    return flip


def _check_fields() -> Schema:
    examples: dict[str, list[object]] = {
        "schedule": ["0 5 * * 1-5", "Mon..Fri 12:00"],
        "tz": ["UTC", "Europe/Berlin"],
        "schedules": [["0 9 * * 1-5", "0 12 * * 6"]],
        "windows": [["0 2 * * 0 for 2h in Europe/Berlin", "2026-12-24T20:00 to 2026-12-25T08:00"]],
        "first_ping_by": [86_400, "2026-12-01T08:00"],
        "depends_on": [["database", "network"]],
    }
    illustrated = {field: SCHEMAS[field] | {"examples": found} for field, found in examples.items()}
    return {"type": "object", "properties": SCHEMAS | illustrated | {"probe": PROBE, "group": GROUP}}


def _check() -> Schema:
    always = {
        **dict.fromkeys(("name", "slug", "tags", "desc", "methods", "subject", "subject_fail"), _TEXT),
        **dict.fromkeys(("start_kw", "success_kw", "failure_kw", "zone"), _TEXT),
        **dict.fromkeys(("started", "manual_resume", "filter_subject", "filter_body"), _BOOL),
        **dict.fromkeys(("filter_http_body", "filter_default_fail", "every_channel"), _BOOL),
        **{name: _or_null(_INSTANT) for name in ("last_ping", "next_ping", "due_at")},
        **{name: _or_null(_COUNT) for name in ("min_runtime", "min_count", "count_window")},
        "max_runtime": {"anyOf": [_COUNT, {"const": "auto"}, {"type": "null"}]},
        "learnt": _or_null(_LEARNT),
        "remind_every": _or_null(_COUNT),
        "escalation": {"type": "array", "items": _step("after")},
        "escalation_policy": _or_null(_TEXT),
        **dict.fromkeys(("failures_before_alert", "failures", "misses_before_alert", "misses", "early"), _COUNT),
        "first_ping_by": {"anyOf": [_COUNT, _INSTANT, {"type": "null"}]},
        **{name: {"type": "array", "items": _TEXT} for name in ("windows", "schedules", "depends_on", "held_by")},
        **{name: _or_null(_INSTANT) for name in ("maintenance_until", "snoozed_until", "acknowledged_at")},
        "unknown_since": _or_null(_INSTANT),
        "acknowledged_by": _or_null(_TEXT),
        "grace": _COUNT,
        "n_pings": _COUNT,
        "status": {"enum": [state.value for state in Shown if state is not Shown.UNKNOWN]},
        "reason": {"enum": [*(reason.value for reason in Reason), None]},
        "badge_url": _URL,
        "probe": PROBE | {"required": sorted(PROBE["properties"])},
        "group": GROUP | {"required": ["down_when"]},
        "runs": {"type": "array", "items": _object(rid=_or_null(_TEXT), started=_INSTANT, overran=_BOOL)},
    }
    sometimes: Schema = {
        "last_duration": _COUNT,
        "timeout": _COUNT,
        **dict.fromkeys(("schedule", "tz", "uuid", "unique_key", "channels"), _TEXT),
        **dict.fromkeys(("ping_url", "update_url", "pause_url", "resume_url"), _URL),
    }
    return {"type": "object", "properties": always | sometimes, "required": sorted(always)}


def _ping() -> Schema:
    always: Schema = {
        "type": {"enum": [signal.value for signal in Signal]},
        "date": _INSTANT,
        "n": _COUNT,
        **dict.fromkeys(("scheme", "remote_addr", "method", "ua"), _TEXT),
        "rid": _or_null(_TEXT),
        "body_url": _or_null(_URL),
    }
    return {
        "type": "object",
        "properties": always | {"duration": {"type": "number", "minimum": 0}},
        "required": sorted(always),
    }


def _object(**properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _list_of(name: str) -> Schema:
    return {"type": "array", "items": _ref(name)}


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _parameter(name: str) -> Schema:
    return {"$ref": f"#/components/parameters/{name}"}
