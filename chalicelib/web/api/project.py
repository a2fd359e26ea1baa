"""What belongs to a project as a whole: its channels, the addresses of its badges; and whether the service works."""

from urllib.parse import quote

from chalice.app import Response

from chalicelib.store import checks
from chalicelib.web.anonymous.badge_keys import signature
from chalicelib.web.answers import json_answer
from chalicelib.web.api.call import Call
from chalicelib.web.api.checks import of_project
from chalicelib.web.app import plain

ALL_TAGS = "*"


def channels(call: Call) -> Response:
    """`GET channels/`, by name."""
    found = call.wiring.registry.channels(call.key.project, now=call.now)
    told = [{"id": channel.id, "name": channel.name, "kind": channel.kind} for channel in found]
    return json_answer({"channels": told}, call.accepts)


def badges(call: Call) -> Response:
    """`GET badges/`: for each tag, and for all checks together, the addresses of its badges."""
    tags = {tag for check in of_project(call) for tag in check.config.tags.split()} - {ALL_TAGS}
    secret = call.wiring.registry.badge_secret(now=call.now)
    base, project = call.wiring.settings.base_url, call.key.project
    told = {tag: _addresses(base, secret, project, tag) for tag in (*sorted(tags), ALL_TAGS)}
    return json_answer({"badges": told}, call.accepts)


def _addresses(base: str, secret: bytes, project: str, tag: str) -> dict[str, str]:
    """Each kind in two states, and in three. API Gateway decodes a path once and cuts it at a `?`: that goes twice."""
    signed = f"{base}/badge/{project}/{signature(secret, project, tag)}"
    name = "" if tag == ALL_TAGS else "/" + quote(tag.replace("?", "%3F"), safe="")
    return {
        f"{kind}{states}": f"{signed}{suffix}{name}.{kind}"
        for kind in ("svg", "json", "shields")
        for states, suffix in (("", "-2"), ("3", ""))
    }


def is_working(call: Call) -> Response:
    """`GET status/`: whether DynamoDB answers; needs no key. Raises Unavailable."""
    checks.require_table(call.wiring.ports.tables)
    return plain(200, "OK")
