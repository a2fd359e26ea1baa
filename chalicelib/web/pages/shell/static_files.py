"""`/static/{name}`: style sheet, script, icons. An address bears the hash of its file, so that it may be kept for ever.

Start at `answered`; `href` makes an address.
"""

import gzip
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from chalice.app import Response

from chalicelib.runtime import Wiring
from chalicelib.web.answers import COMPRESS_FROM_BYTES, takes_gzip
from chalicelib.web.app import plain

_FOLDER = Path(__file__).parents[1] / "static"
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_FOR_EVER = "public, max-age=31536000, immutable"


def href(name: str) -> str:
    """The address of a file as it is now."""
    return f"/static/{name}?v={_hash(name)}"


def answered(_wiring: Wiring, request: Any, name: str) -> Response:
    """The file; nothing of it where the browser has it already. One that bears another hash is not kept."""
    event = request.to_original_event()
    if event["httpMethod"] not in ("GET", "HEAD"):
        return plain(405, "", {"Allow": "GET, HEAD"})
    if name not in _names():
        return plain(404, "not found")
    query = event.get("queryStringParameters") or {}
    headers: dict[str, str | list[str]] = {
        "Cache-Control": _FOR_EVER if query.get("v") == _hash(name) else "no-cache",
        "Content-Type": _TYPES[Path(name).suffix],
        "ETag": f'W/"{_hash(name)}"',
        "Vary": "Accept-Encoding",
    }
    if headers["ETag"] in request.headers.get("if-none-match", ""):
        return Response(b"", headers, 304)
    body = _content(name)
    if len(body) >= COMPRESS_FROM_BYTES and takes_gzip(request.headers.get("accept-encoding", "")):
        return Response(_compressed(name), headers | {"Content-Encoding": "gzip"}, 200)
    return Response(body, headers, 200)


@cache
def _names() -> frozenset[str]:
    return frozenset(path.name for path in _FOLDER.iterdir() if path.suffix in _TYPES)


@cache
def _content(name: str) -> bytes:
    return (_FOLDER / name).read_bytes()


@cache
def _hash(name: str) -> str:
    return sha256(_content(name)).hexdigest()[:12]


@cache
def _compressed(name: str) -> bytes:
    return gzip.compress(_content(name), mtime=0)
