"""Answers with a body: JSON, pages and pictures, compressed where the client takes it, refused where too large.

A Lambda's answer ends at 6 MB, base64 and the escapes of its own JSON included; one that is larger would become a
502 without a word. Answers of one line of text are `app.plain`'s.
"""

import gzip
import json
from collections.abc import Mapping

from chalice.app import Response

from chalicelib.web.app import NO_CACHE

MOST_BYTES = 6 * 1024 * 1024 - 16 * 1024  # the rest is for headers
COMPRESS_FROM_BYTES = 1_400  # what fits into one packet gains nothing
LEVEL = 3  # of gzip: 10 MB of checks in 0.1 s, to a tenth
TRY_AGAIN = {"Retry-After": "5"}  # seconds
TOO_LARGE = (
    "the answer would be larger than 6 MB: ask for fewer checks with ?tag= or ?slug=, "
    "or send Accept-Encoding: gzip, which makes it ten times smaller"
)


def json_answer(
    value: object, accepts: str, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """A value as JSON. `accepts` is the client's Accept-Encoding."""
    return answer(json.dumps(value), "application/json", accepts, status=status, headers=headers)


def error(status: int, text: str, *, detail: str | None = None, headers: Mapping[str, str] | None = None) -> Response:
    """What went wrong, as the API says it; `detail` says more than the wire's fixed text."""
    said = {"error": text} if detail is None else {"error": text, "detail": detail}
    return json_answer(said, "", status=status, headers=headers)


def answer(
    body: str | bytes, content_type: str, accepts: str, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """A body that nobody caches; 413 when even compressed it is too large for a Lambda."""
    fixed: dict[str, str | list[str]] = {"Content-Type": content_type, "Cache-Control": NO_CACHE, **(headers or {})}
    if len(body) < COMPRESS_FROM_BYTES:
        return Response(body, fixed, status)
    fixed["Vary"] = "Accept-Encoding"
    if takes_gzip(accepts):
        fixed["Content-Encoding"] = "gzip"
        body = gzip.compress(body.encode() if isinstance(body, str) else body, LEVEL, mtime=0)
    if _as_sent(body) > MOST_BYTES:
        return error(413, TOO_LARGE, headers=headers)
    return Response(body, fixed, status)


def _as_sent(body: str | bytes) -> int:
    """The bytes that a body takes in a Lambda's answer: a text within JSON, all else within base64."""
    return len(json.dumps(body)) if isinstance(body, str) else 4 * -(-len(body) // 3)


def takes_gzip(accepts: str) -> bool:
    """Whether an Accept-Encoding allows gzip (RFC 9110, section 12.5.3): named, or by `*`, not with q=0."""
    weights: dict[str, float] = {}
    for part in accepts.lower().split(","):
        coding, _, parameter = part.partition(";")
        weight = parameter.strip().removeprefix("q=")
        weights[coding.strip()] = 0.0 if weight and not weight.strip("0.") else 1.0
    return weights.get("gzip", weights.get("x-gzip", weights.get("*", 0.0))) > 0
