"""Which characters may stand where: ASCII in a subject, GSM 03.38 in an SMS, printable ones in a text.

A name that cannot be spelt exactly, or does not fit, is spelt alike and marked with the first digits of the
check's code: the exact name of one check is never what is said of another. Start at `Name`.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from chalicelib.domain.config import Config
from chalicelib.domain.ids import Code, short

Cost = Callable[[str], int]  # what one character takes up; 0: it does not exist there

_GSM = frozenset(
    "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_EXTENDED = frozenset("^{}\\[~]|€")  # each behind an escape: two septets
_ALIKE = str.maketrans(
    {"‐": "-", "‑": "-", "–": "-", "—": "-", "‘": "'", "’": "'", "`": "'", "“": '"', "”": '"', "„": '"', "«": '"'}
    | {"»": '"', "→": "->", "ß": "ss", "Æ": "AE", "æ": "ae", "Ø": "O", "ø": "o", "Œ": "OE", "œ": "oe", "Ł": "L"}
    | {"ł": "l", "Đ": "D", "đ": "d", "ı": "i"}
)
_MARK = re.compile(r" \([0-9a-f]{8}\)$")


def in_ascii(char: str) -> int:
    """1 for what a subject may hold: SNS refuses line ends, controls and all beyond ASCII."""
    return int(" " <= char <= "~")


def in_gsm(char: str) -> int:
    """Septets of a character in an SMS; one that has none would turn the whole into UCS-2, 70 characters."""
    return 2 if char in _GSM_EXTENDED else int(char in _GSM)


def in_text(char: str) -> int:
    """1 for what can be seen and does nothing: no control, no change of direction."""
    return int(char.isprintable())


def size(text: str, cost: Cost) -> int:
    """What a text takes up, all of whose characters exist."""
    return sum(map(cost, text))


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """What a check is called: by its name, without one by its slug, without that by eight digits of its code."""

    text: str
    slug: str
    mark: str

    @classmethod
    def of(cls, code: Code, config: Config) -> "Name":
        """The name of a check."""
        return cls(text=config.name, slug=config.slug, mark=short(code))

    def whole(self, cost: Cost) -> str:
        """The name uncut: itself where it can be spelt, else what is like it, and marked."""
        said, is_exact = self._spelt(cost)
        return said if is_exact else f"{said} ({self.mark})"

    def cut(self, cost: Cost, *, room: int) -> str:
        """The name within so much room, which is at least 15; when it is cut, it shows."""
        whole = self.whole(cost)
        if size(whole, cost) <= room:
            return whole
        said, _ = self._spelt(cost)
        end = f"... ({self.mark})"
        while size(said + end, cost) > room:
            said = said[:-1]
        return said.rstrip() + end

    def _spelt(self, cost: Cost) -> tuple[str, bool]:
        """The name as these characters can spell it, and whether that is the very name."""
        if not self.text.strip():
            return self.slug or self.mark, True
        composed = unicodedata.normalize("NFC", self.text)
        alike = " ".join("".join(_alike(char, cost) for char in composed).split())
        if alike == self.text:
            return alike, not _MARK.search(alike)  # one that looks marked is marked, too
        is_poor = not alike or alike.count("?") > composed.count("?")
        return (self.slug or alike or "?") if is_poor else alike, False


def _alike(char: str, cost: Cost) -> str:
    """The same character, a simpler one, nothing for what cannot be seen, else a question mark."""
    if char.isspace():
        return " "
    if cost(char):
        return char
    simple = unicodedata.normalize("NFKD", char.translate(_ALIKE))
    seen = "".join(part for part in simple if unicodedata.category(part) not in ("Mn", "Me", "Cc", "Cf"))
    return seen if all(map(cost, seen)) else "?"
