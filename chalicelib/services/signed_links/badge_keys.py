"""Addresses of badges: public names of checks and tags that reveal no code and cannot be guessed.

A check's badge key is its code, enciphered with the deployment's secret: an address leads to its check by one read,
and no table of keys has to be kept. A tag's badge is signed with the same secret. The cipher is a Feistel network
of four rounds with HMAC-SHA-256 (Luby and Rackoff, 1988), over the 16 bytes of a UUID.
"""

from hmac import compare_digest, digest

from chalicelib.domain.ids import Code

ALL_TAGS = "*"  # names the badge of all checks of a project
_ROUNDS = 4
_SIGNATURE_DIGITS = 24  # 96 bits


def badge_key(secret: bytes, code: Code) -> str:
    """The badge key of a check, in the shape of a UUID. About 10 µs: a list has many."""
    left, right = _halves(code)
    for number in range(_ROUNDS):
        left, right = right, left ^ _mask(secret, number, right)
    return _joined(left, right)


def code_of(secret: bytes, key: str) -> Code:
    """The code behind a badge key; of a key that nobody gave out, a code that no check has. Raises ValueError."""
    left, right = _halves(key)
    for number in reversed(range(_ROUNDS)):
        left, right = right ^ _mask(secret, number, left), left
    return Code(_joined(left, right))


def _halves(uuid: str) -> tuple[int, int]:
    digits = uuid.replace("-", "")
    return int(digits[:16], 16), int(digits[16:], 16)


def _joined(left: int, right: int) -> str:
    digits = f"{left:016x}{right:016x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def _mask(secret: bytes, number: int, half: int) -> int:
    return int.from_bytes(digest(secret, bytes((number,)) + half.to_bytes(8, "big"), "sha256")[:8], "big")


def signature(secret: bytes, project: str, tag: str) -> str:
    """What proves that somebody of the project gave out the badge of this tag, or of `*`."""
    said = f"{project} {tag}".encode("utf-8", "surrogatepass")  # no project's id has a space
    return digest(secret, said, "sha256").hex()[:_SIGNATURE_DIGITS]


def is_signed(secret: bytes, project: str, tag: str, claimed: str) -> bool:
    """Whether a signature is the right one, in a time that does not tell how much of it is."""
    return compare_digest(signature(secret, project, tag).encode(), claimed.encode("utf-8", "surrogatepass"))
