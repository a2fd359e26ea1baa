"""Fit the name of a check to an alphabet: ASCII in a subject, GSM 03.38 in an SMS, printable characters in a text.

A name that contains other characters, or is too long, is approximated and followed by the first eight digits of the
check's code. So an approximated name never equals the exact name of another check. Start at `Name`.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from chalicelib.domain.config import Config
from chalicelib.domain.ids import Code, short

Cost = Callable[[str], int]  # the units that one character takes; 0: the alphabet does not have it

_GSM = frozenset(
    "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_EXTENDED = frozenset("^{}\\[~]|€")  # each preceded by an escape: two septets
_ALIKE = str.maketrans(
    {"‐": "-", "‑": "-", "–": "-", "—": "-", "‘": "'", "’": "'", "`": "'", "“": '"', "”": '"', "„": '"', "«": '"'}
    | {"»": '"', "→": "->", "ß": "ss", "Æ": "AE", "æ": "ae", "Ø": "O", "ø": "o", "Œ": "OE", "œ": "oe", "Ł": "L"}
    | {"ł": "l", "Đ": "D", "đ": "d", "ı": "i"}
)
_MARK = re.compile(r" \([0-9a-f]{8}\)$")


def ascii_cost(char: str) -> int:
    """1 for a character that SNS accepts in a subject: no line end, no control character, nothing beyond ASCII."""
    return int(" " <= char <= "~")


def gsm_cost(char: str) -> int:
    """The septets of a character in an SMS. One that has none would limit the SMS to 70 characters of UCS-2."""
    return 2 if char in _GSM_EXTENDED else int(char in _GSM)


def text_cost(char: str) -> int:
    """1 for a printable character: no control character, no change of direction."""
    return int(char.isprintable())


def size(text: str, cost: Cost) -> int:
    """The units that a text takes, whose characters the alphabet has."""
    return sum(map(cost, text))


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """The name of a check; without one its slug, and without that the first eight digits of its code."""

    text: str
    slug: str
    mark: str  # the eight digits

    @classmethod
    def of(cls, code: Code, config: Config) -> "Name":
        """The name of a check."""
        return cls(text=config.name, slug=config.slug, mark=short(code))

    def whole(self, cost: Cost) -> str:
        """The whole name: exact if the alphabet has all its characters, otherwise approximated and marked."""
        said, is_exact = self._approximate(cost)
        return said if is_exact else f"{said} ({self.mark})"

    def cut(self, cost: Cost, *, room: int) -> str:
        """The name in at most `room` units (at least 15), with dots and the mark if it is cut."""
        whole = self.whole(cost)
        if size(whole, cost) <= room:
            return whole
        said, _ = self._approximate(cost)
        end = f"... ({self.mark})"
        while size(said + end, cost) > room:
            said = said[:-1]
        return said.rstrip() + end

    def _approximate(self, cost: Cost) -> tuple[str, bool]:
        """The name in the characters of the alphabet, and whether it is exact."""
        if not self.text.strip():
            return self.slug or self.mark, True
        composed = unicodedata.normalize("NFC", self.text)
        alike = " ".join("".join(_substitute(char, cost) for char in composed).split())
        if alike == self.text:
            return alike, not _MARK.search(alike)  # a name that looks marked gets a mark, too
        is_poor = not alike or alike.count("?") > composed.count("?")
        return (self.slug or alike or "?") if is_poor else alike, False


def _substitute(char: str, cost: Cost) -> str:
    """The character itself, a simpler one, nothing for an invisible one, or else a question mark."""
    if char.isspace():
        return " "
    if cost(char):
        return char
    simple = unicodedata.normalize("NFKD", char.translate(_ALIKE))
    seen = "".join(part for part in simple if unicodedata.category(part) not in ("Mn", "Me", "Cc", "Cf"))
    return seen if all(map(cost, seen)) else "?"
