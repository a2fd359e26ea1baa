"""Hostile requests, as pure functions of a source of chance: the same seed makes the same requests.

Most are nearly right: what is nonsense from end to end is refused at the door, and never meets the code that could
break. Start at `a_request`; what asks for a new check, `making`, has a share of its own.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from urllib.parse import quote

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a client of the deployment may know."""

    code: str
    slug: str
    ping_key: str
    api_key: str
    readonly_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hostile:
    """A request; its target is percent-encoded or not, as it would stand in the request line."""

    verb: str
    target: str
    headers: Headers
    body: bytes


VERBS = (
    *("GET",) * 6, *("POST",) * 12, *("HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "get", "BREW"),
)  # fmt: skip
RIGHT = (
    "/ping/{code}",
    "/ping/{code}/{action}",
    "/ping/{ping_key}/{slug}",
    "/ping/{ping_key}/{slug}/{action}",
    "/api/{version}/checks/",
    "/api/{version}/checks/",
    "/api/{version}/checks/{code}",
    "/api/{version}/checks/{code}/{verb}",
)
PLACES = (
    *RIGHT,
    "/ping/{ping_key}/{odd}",
    "/ping/{odd}",
    "/ping/{code}/{odd}",
    "/api/{version}/checks/{odd}",
    "/api/{version}/checks/{code}/pings/{odd}/body",
    "/api/{version}/checks/{code}/flips/",
    "/api/{version}/{odd}",
    "/b/2/{odd}.svg",
    "/badge/{odd}/{odd}/{slug}.json",
    "/checks/{slug}",
    "/checks/{odd}",
    "/signin/{odd}",
    "/status/{odd}",
    "/static/{odd}",
    "/{odd}",
    "/{odd}/{odd}/{odd}",
    "/",
)
ACTIONS = (
    "start", "fail", "log", "0", "1", "75", "255", "256", "-1", "00000000000000001", "9" * 40, "٣", "START", "1.0",
)  # fmt: skip
VERSIONS = ("v1", "v2", "v3", "v4", "v", "", "V3", "v03")
API_VERBS = ("pause", "resume", "pings", "flips", "delete", "pings/1/body", "pings/0/body", "pings/٣/body", "")
ODD = (
    "", ".", "..", "../../../etc/passwd", "%2e%2e%2f", "%00", "%", "%zz", "%C3%28", "%ED%A0%80", "%25252F", "\x00",
    "\x7f", "é", "\U0001f680", "\u202e", "a" * 300, "a" * 4_000, "{{7*7}}", "${jndi:ldap://x}", "' OR 1=1 --",
    "<script>alert(1)</script>", "null", "None", "0", "-1", "1e308", "9" * 400, "NaN", "Infinity", "1;2", "a b",
    "a+b", "٣", "ǅ", "ß", "\ud800", "@", "~", "00000000-0000-0000-0000-000000000000",
    "0F3A1B3C-7A51-4AC1-8D6F-1F6F5C1F0A11", "first-check", "*", "a,b", "#x", "\r\nX: y",
)  # fmt: skip
PARAMETERS = (
    "create", "period", "grace", "schedule", "tz", "rid", "count", "min_count", "count_window", "max_runtime",
    "min_runtime", "name", "tags", "tag", "slug", "start", "end", "seconds", "skip", "cursor", "limit", "n", "q",
    "status", "_",
)  # fmt: skip
MAKING = 0.08  # of all requests: those that no other would come to
NEW_SLUGS = ("Job", "-", "_", "0", "a--b", "a.b", "a%2Fb", "%6Aob", "a" * 255, "a" * 256, "a" * 1_025, "start", "fail")
OPTIONS = (
    "period=1h", "period=60", "grace=5m", "schedule=*/5+*+*+*+*", "schedule=%40daily", "tz=Europe/Berlin",
    "max_runtime=30m", "min_runtime=1s", "name=A+job", "tags=a+b", "count=3",
    "rid=0f3a1b3c-7a51-4ac1-8d6f-1f6f5c1f0a11",
)  # fmt: skip
REFUSED = ("rid=1", "rid=", "count=-1", "count=9999999999999999", "count=%D9%A3")
VALUES = (
    "1", "0", "1h", "5m", "60", "-1", "1e9", "99999999999999999999d", "1y", "1h1h", "*/5 * * * *", "* * * * * *",
    "61 * * * *", "Mon..Fri *-*-* 09:00", "@daily", "Europe/Berlin", "Mars/Base", "UTC", "../UTC",
    "0f3a1b3c-7a51-4ac1-8d6f-1f6f5c1f0a11",
)  # fmt: skip
FIELDS = (
    "name", "slug", "tags", "desc", "timeout", "grace", "schedule", "tz", "manual_resume", "methods", "channels",
    "unique", "start_kw", "success_kw", "failure_kw", "filter_subject", "filter_body", "subject", "subject_fail",
    "api_key", "max_runtime", "min_runtime", "min_count", "count_window", "remind_every", "probe", "windows",
    "escalation", "escalation_policy",
    "public", "x" * 200,
)  # fmt: skip
TYPES = (
    "application/json", "application/json; charset=utf-16", "text/plain", "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x", "application/octet-stream", "", "nonsense", "text/html; charset=\xe9",
)  # fmt: skip
NAMES = (
    "X-Api-Key", "Content-Type", "Accept", "Accept-Encoding", "Cookie", "Origin", "Referer", "User-Agent",
    "X-Forwarded-For", "X-Forwarded-Proto", "If-None-Match", "If-Modified-Since", "Range",
    "Access-Control-Request-Method", "Expect", "X-HTTP-Method-Override",
)  # fmt: skip
ODD_HEADERS = (
    "", "0", "*", "\xff\xfe", "a" * 2_000, "gzip;q=nan, *;q=0", "session=; session=x.y.z; =; ;;", "bytes=-1--2",
    "null", "-1", "203.0.113.1, [::1]:80, unknown", "javascript:", '"', "W/\"x", "POST", "Thu, 99 Foo 0000",
    "gzip, deflate, br",
)  # fmt: skip


def a_request(chance: Random, known: Known) -> Hostile:
    """One request, any of them."""
    if chance.random() < MAKING:
        return making(chance, known)
    return Hostile(
        verb=chance.choice(VERBS),
        target=_path(chance, known) + _query(chance),
        headers=_headers(chance, known),
        body=_body(chance, known),
    )


def making(chance: Random, known: Known) -> Hostile:
    """A ping that asks for a check to be made: most have nothing wrong, or one thing."""
    odd = chance.choice((*NEW_SLUGS, *ODD))
    slug = odd if chance.random() < 0.2 else f"job-{chance.randrange(1_000)}"
    key = chance.choice((known.ping_key,) * 8 + (known.api_key, known.ping_key.swapcase()))
    action = "/" + chance.choice(ACTIONS) if chance.random() < 0.4 else ""
    said = [chance.choice(("create=1",) * 6 + ("create=0&create=1", "create=%31", "create=true", "create"))]
    said += [chance.choice(OPTIONS) for _ in range(chance.randrange(3))]
    match chance.randrange(6):
        case 0 | 1:
            said.append(chance.choice(REFUSED))
        case 2:
            said.append(f"{chance.choice(PARAMETERS)}={_value(chance)}")
        case _:
            pass
    return Hostile(
        verb=chance.choice(VERBS),
        target=f"/ping/{key}/{slug}{action}?{'&'.join(said)}",
        headers=_headers(chance, known),
        body=_body(chance, known),
    )


def _path(chance: Random, known: Known) -> str:
    path = chance.choice(RIGHT if chance.random() < 0.6 else PLACES).format(
        code=known.code,
        slug=known.slug,
        ping_key=known.ping_key,
        action=chance.choice(ACTIONS),
        version=chance.choice(VERSIONS if chance.random() < 0.2 else VERSIONS[:3]),
        verb=chance.choice(API_VERBS),
        odd=chance.choice(ODD),
    )
    return _mutated(chance, path) if chance.random() < 0.2 else path


def _mutated(chance: Random, path: str) -> str:
    at = chance.randrange(len(path) + 1)
    match chance.randrange(6):
        case 0:
            return path[:at] + chance.choice(ODD) + path[at:]
        case 1:
            return path[:at] + path[at + 1 :]
        case 2:
            return path.replace("/", chance.choice(("//", "/./", "%2F", "\\", "/;/")))
        case 3:
            return path.swapcase()
        case 4:
            return quote(path, safe="", errors="surrogatepass")
        case _:
            return path + chance.choice(("/", "//", "?", "%3Fa=b", ";x=y", "/."))


def _query(chance: Random) -> str:
    if chance.random() < 0.4:
        return ""
    pairs = [f"{chance.choice(PARAMETERS)}={_value(chance)}" for _ in range(chance.randrange(1, 6))]
    return "?" + chance.choice(("&", "&", "&", ";", "&&")).join(pairs)


def _value(chance: Random) -> str:
    value = chance.choice(VALUES if chance.random() < 0.6 else ODD)
    return quote(value, errors="surrogatepass") if chance.random() < 0.7 else value.replace(" ", "+")


def _headers(chance: Random, known: Known) -> Headers:
    found: list[tuple[str, str]] = []
    if chance.random() < 0.7:
        found.append(
            ("X-Api-Key", chance.choice((known.api_key,) * 4 + (known.readonly_key, known.ping_key, "é" * 32)))
        )
    if chance.random() < 0.6:
        found.append(("Content-Type", chance.choice(TYPES)))
    for _ in range(chance.randrange(3)):
        name = chance.choice(NAMES)
        found.append((name.upper() if chance.random() < 0.2 else name, chance.choice(ODD_HEADERS)))
    return tuple(found)


def _body(chance: Random, known: Known) -> bytes:
    match chance.randrange(10):
        case 0 | 1:
            return b""
        case 2:
            return chance.choice(_BODIES)
        case 3:
            return chance.randbytes(chance.choice((1, 100, 10_001, 120_000)))
        case _:
            return _json(chance, known)


_BODIES: Sequence[bytes] = (
    b"[" * 100_000,
    b'{"a":' * 50_000,
    b"{",
    b"null",
    b"[]",
    b'"x"',
    b"1e999",
    b"NaN",
    b'{"timeout": NaN}',
    b'{"timeout": 1e400, "grace": -1e400}',
    b'{"timeout": ' + b"9" * 5_000 + b"}",
    b'{"name": "\\ud800"}',
    b'{"name": "\\u0000"}',
    b'{"name": "a", "name": "b"}',
    b'\xef\xbb\xbf{"name": "bom"}',
    '{"name": "wide"}'.encode("utf-16"),
    b'{"name": "\xff"}',
    b"\x1f\x8b\x08\x00garbage",
    b"name=x&timeout=60",
    b"\r\n\r\nGET / HTTP/1.1\r\n\r\n",
)


def _json(chance: Random, known: Known) -> bytes:
    """A configuration that is nearly one."""
    said = {chance.choice(FIELDS): _field(chance, 0) for _ in range(chance.randrange(1, 7))}
    if chance.random() < 0.1:
        said["api_key"] = known.api_key
    if chance.random() < 0.3:
        said["unique"] = chance.choice((["name"], ["slug", "tags"], ["nothing"], "name", [1], [["name"]], []))
    text = json.dumps(said, ensure_ascii=chance.random() < 0.5)
    return text.encode("utf-8", "surrogatepass")


def _field(chance: Random, depth: int) -> object:
    match chance.randrange(9):
        case 0:
            return chance.choice((None, True, False))
        case 1:
            return chance.choice((0, 1, 59, 60, 3600, 31_536_000, -1, 10**18, 10**40, 2**63))
        case 2:
            return chance.choice((0.5, 60.5, -0.0, 1e300))
        case 3 if depth < 3:
            return [_field(chance, depth + 1) for _ in range(chance.randrange(4))]
        case 4 if depth < 3:
            return {chance.choice(FIELDS): _field(chance, depth + 1) for _ in range(chance.randrange(4))}
        case 5:
            return chance.choice(ODD)
        case _:
            return chance.choice(VALUES)
