"""Names of checks: codes, which are secrets, and unique keys, which are public."""

import re
from hashlib import sha1
from typing import NewType

Code = NewType("Code", str)  # a lower-case, hyphenated UUIDv4. A secret: print `short(code)`

UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"  # a pattern, without anchors
_UUID = re.compile(UUID)
NO_CHECK = Code("00000000-0000-0000-0000-000000000000")  # no check has this code: it is not a UUIDv4


def is_uuid(text: str) -> bool:
    """Whether a text has the form of a code: a lower-case, hyphenated UUID."""
    return _UUID.fullmatch(text) is not None


def short(code: Code) -> str:
    """The first eight digits of a code: enough to find a check in a log, useless for pinging it."""
    return code[:8]


def unique_key(code: Code) -> str:
    """The public name of a check, by which no one can ping it: SHA-1 of the code's first 16 hex digits."""
    return sha1(code.replace("-", "")[:16].encode(), usedforsecurity=False).hexdigest()
