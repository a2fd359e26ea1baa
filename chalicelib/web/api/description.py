"""The description of the Management API, in OpenAPI."""

from chalice.app import Response

from chalicelib.domain.errors import NotFound
from chalicelib.web.answers import json_answer
from chalicelib.web.api.call import Call
from chalicelib.web.api.schema.openapi import document


def open_api(call: Call) -> Response:
    """`GET openapi.json`, from v3 on."""
    if not call.version.has_extras:
        raise NotFound("only v3 is described")
    return json_answer(document(call.wiring.settings.base_url), call.accepts)
