"""Pages for whoever has their address: badges, metrics. Only looked at, never cached, and refused in plain text."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from chalice.app import Response

from chalicelib import log
from chalicelib.domain.errors import NotFound, Unavailable
from chalicelib.web.answers import TRY_AGAIN
from chalicelib.web.app import plain
from chalicelib.web.request import moment


def serve_get(request: Any, show: Callable[[datetime], Response]) -> Response:
    """What `show` makes of the instant of the request; where it raises NotFound or Unavailable, a refusal."""
    event = request.to_original_event()
    if event["httpMethod"] not in ("GET", "HEAD"):
        return plain(405, "", {"Allow": "GET, HEAD"})
    try:
        return show(moment(event))
    except NotFound:
        return plain(404, "not found")
    except Unavailable as error:
        log.event("page_refused", why=str(error))
        return plain(503, "try again in a few seconds", TRY_AGAIN)
