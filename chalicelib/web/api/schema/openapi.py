"""The API described for programs: OpenAPI 3.1, served at `/api/v3/openapi.json`.

The routes are those of v3; what goes in and out of them is `openapi_schemas`. Tests hold both against the answers
(tests/e2e/test_openapi.py, tests/unit/web/api/schema/test_openapi.py).
"""

from functools import lru_cache
from typing import Any

from chalicelib.domain.ids import UUID
from chalicelib.fields.kinds import Schema
from chalicelib.web.api.schema.openapi_schemas import POLICY, SNOOZE, TEXT, list_of, object_of, ref, schemas

_UUID = f"^{UUID}$"


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
            "schemas": schemas(),
        },
    }


def _paths() -> Schema:
    check, flips = _ok("Check"), _ok(object_of(flips=list_of("Flip")))
    said = {"content": {"application/json": {"schema": ref("CheckFields")}}, "required": False}
    window = [_parameter(name) for name in ("start", "end", "seconds")]
    return {
        "/checks/": {
            "get": _operation(
                "The project's checks, oldest first",
                _ok(object_of(checks=list_of("Check"))) | _refusals(413),
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
                requestBody={"content": {"application/json": {"schema": SNOOZE}}, "required": True},
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
            "get": _operation("The pings, newest first", _ok(object_of(pings=list_of("Ping"))) | _refusals(403, 404)),
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
        "/channels/": {"get": _operation("The project's channels", _ok(object_of(channels=list_of("Channel"))))},
        "/escalations/": {
            "get": _operation("The project's escalation policies", _ok(object_of(escalations=list_of("Policy")))),
            "post": _operation(
                "Make a policy, or change it in each check that names it",
                _ok("Policy") | _refusals(400, 413),
                requestBody={"content": {"application/json": {"schema": POLICY}}, "required": True},
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
                _ok(object_of(badges={"type": "object", "additionalProperties": ref("Badges")})),
            )
        },
        "/status/": {"get": _operation("Whether the service works", {"200": _WORKING}, security=[])},
        "/openapi.json": {"get": _operation("This document", _ok({"type": "object"}), security=[])},
    }


_NOT_PAUSED: Schema = {"description": "The check is not paused", "content": {"text/plain": {"schema": TEXT}}}
_NOT_DOWN: Schema = {"description": "The check is not down", "content": {"text/plain": {"schema": TEXT}}}
_IN_USE: Schema = {"description": "Checks name it", "content": {"application/json": {"schema": ref("Error")}}}
_BAD_FILTER: Schema = {"description": "A parameter is no number, or out of bounds"}
_WORKING: Schema = {"description": "It does", "content": {"text/plain": {"schema": TEXT}}}


def _operation(summary: str, responses: Schema, **more: Any) -> Schema:
    return {"summary": summary, **more, "responses": responses | _refusals(401, 503)}


def _ok(schema: Schema | str) -> Schema:
    found = ref(schema) if isinstance(schema, str) else schema
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
    content = {"application/json": {"schema": ref("Error")}}
    told = {str(status): {"description": text, "content": content} for status, text in words.items()}
    return told | {"403": {"description": "Another project's check"}}


def _parameters() -> Schema:
    epoch: Schema = {"type": "integer", "minimum": 0, "maximum": 10_000_000_000}
    found = {
        "code": _in("path", {"type": "string", "pattern": _UUID}),
        "unique_key": _in("path", {"type": "string", "pattern": "^[0-9a-f]{40}$"}),
        "n": _in("path", {"type": "integer", "minimum": 0, "maximum": 999_999_999_999}),
        "tag": _in("query", {"type": "array", "items": TEXT}),
        "slug": _in("query", TEXT),
        "policy": _in("path", {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,40}$"}),
        "start": _in("query", epoch),
        "end": _in("query", epoch),
        "seconds": _in("query", {"type": "integer", "minimum": 0, "maximum": 31_536_000}),
    }
    return {name: {"name": name, **parameter} for name, parameter in found.items()}


def _in(place: str, schema: Schema) -> Schema:
    return {"in": place, "required": place == "path", "schema": schema}


def _parameter(name: str) -> Schema:
    return {"$ref": f"#/components/parameters/{name}"}
