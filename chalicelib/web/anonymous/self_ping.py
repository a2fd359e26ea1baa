"""`/ping/door/{nonce}`: what a sweep asks of its own public URL, by the way that pings come
(docs/reference/rules.md, rule 15).

It answers what only this deployment can, and only while the table of checks can be read; it tells nothing else. No
ping key is called `door`: keys are longer.
"""

import re
from datetime import datetime
from typing import Any

from chalice.app import Response

from chalicelib.domain.errors import NotFound
from chalicelib.domain.ingress.ingress_ledger import proof
from chalicelib.runtime import Wiring
from chalicelib.store import checks
from chalicelib.web.anonymous.get_only import serve_get
from chalicelib.web.app import plain

_NONCE = re.compile(r"[0-9a-f]{32}")


def answered(wiring: Wiring, request: Any, nonce: str) -> Response:
    """The answer to a nonce."""
    return serve_get(request, lambda now: _proof(wiring, nonce, now))


def _proof(wiring: Wiring, nonce: str, now: datetime) -> Response:
    if _NONCE.fullmatch(nonce) is None:
        raise NotFound("this is no nonce")
    checks.require_table(wiring.ports.tables)
    return plain(200, proof(wiring.registry.badge_secret(now=now), nonce))
