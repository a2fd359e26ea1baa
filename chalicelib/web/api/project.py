"""What belongs to a project as a whole: its channels, the addresses of its badges; and whether the service works."""

from urllib.parse import quote

from chalice.app import Response

from chalicelib.services.find_checks import all_checks
from chalicelib.services.signed_links.badge_keys import ALL_TAGS, signature
from chalicelib.store import checks
from chalicelib.web.answers import json_answer
from chalicelib.web.api.call import Call
from chalicelib.web.app import plain


def channels(call: Call) -> Response:
    """`GET channels/`, by name."""
    found = call.wiring.registry.channels(call.key.project, now=call.now)
    told = [{"id": channel.id, "name": channel.name, "kind": channel.kind} for channel in found]
    return json_answer({"channels": told}, call.accepts)


def badges(call: Call) -> Response:
    """`GET badges/`: for each tag, and for all checks together, the addresses of its badges."""
    base, project = call.wiring.settings.base_url, call.key.project
    found = all_checks(call.wiring.ports, project)
    tags = {tag for check in found for tag in check.config.tags.split()} - {ALL_TAGS}
    secret = call.wiring.registry.badge_secret(now=call.now)
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
