"""Cookies within one chain of redirects, a strict subset of RFC 6265. Nothing is kept after the chain.

A cookie is sent only to the host that set it, whatever `Domain` says, and only for its path. It is sent only over TLS
if it came over TLS or has `Secure`. Start at `Cookies`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from chalicelib.domain.sources.probe import Target

MOST_COOKIES = 50  # of one chain; RFC 6265, 6.1
LONGEST = 4_096  # characters of one Set-Cookie, and of all that are sent with a request
_PAIR = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+)=([!-:<-~]*)")  # printable ASCII without blanks and semicolons


@dataclass(frozen=True, slots=True)
class _Cookie:
    value: str
    path: str
    is_secure: bool

    def applies_to(self, at: Target) -> bool:
        path = at.path.partition("?")[0]
        is_below = path == self.path or path.startswith(self.path if self.path.endswith("/") else f"{self.path}/")
        return is_below and (at.scheme == "https" or not self.is_secure)


@dataclass(slots=True)
class Cookies:
    """The cookies of one redirect chain."""

    _kept: dict[tuple[str, str, str], _Cookie] = field(default_factory=dict)  # by host, path and name

    def take(self, lines: Iterable[str], *, of: Target) -> None:
        """Store the cookies of an answer's `Set-Cookie` lines. Skip values that cannot be sent back unchanged."""
        for line in lines:
            pair, *rest = line[:LONGEST].split(";")
            match = _PAIR.fullmatch(pair.strip())
            if match is None or len(line) > LONGEST:
                continue
            attributes = dict(_attribute(each) for each in rest)
            path = attributes.get("path", "")
            if not path.startswith("/"):
                path = of.path.partition("?")[0].rpartition("/")[0] or "/"
            key = (of.host, path, match[1])
            if _has_ended(attributes):
                self._kept.pop(key, None)
            elif key in self._kept or len(self._kept) < MOST_COOKIES:
                self._kept[key] = _Cookie(match[2], path, "secure" in attributes or of.scheme == "https")

    def header(self, at: Target) -> str:
        """The value of the `Cookie` header for a request, longer paths first; "" if there is none."""
        found = [
            (name, each) for (host, _, name), each in self._kept.items() if host == at.host and each.applies_to(at)
        ]
        found.sort(key=lambda pair: -len(pair[1].path))
        text = ""
        for name, cookie in found:
            longer = f"{text}; {name}={cookie.value}" if text else f"{name}={cookie.value}"
            text = longer if len(longer) <= LONGEST else text
        return text


def _attribute(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name.strip().lower(), value.strip()


def _has_ended(attributes: dict[str, str]) -> bool:
    """Whether the cookie is deleted: servers say `Max-Age=0`, a date in the last century, or both."""
    if "max-age" in attributes:
        return re.fullmatch(r"0+|-[0-9]+", attributes["max-age"]) is not None
    return re.search(r"\b19[0-9]{2}\b", attributes.get("expires", "")) is not None
