"""Make text from outside safe to show: it changes no color and no direction in a terminal, an alert or a page.

Start at `inert`. `chalicelib.alerts.charset` decides which characters a subject or an SMS can have.
"""

import re
import unicodedata

LONGEST_OUTPUT = 2_000  # characters; in eight bodies, the message stays far below the 256 kB of SNS

_ANSI = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # colors, cursor
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"  # titles, links
    r"|\x1b[()][0-9A-Za-z]|\x1b[=>78cM]"
)
_JOINER = "\u200d"  # holds an emoji together


def legible(output: str) -> str:
    """The end of an output, `inert`, at most LONGEST_OUTPUT characters."""
    end = _plain(output).strip("\n").rstrip()[-LONGEST_OUTPUT - 1 :]
    text = "".join(map(_shown, end))
    return text if len(text) <= LONGEST_OUTPUT else "..." + text[3 - LONGEST_OUTPUT :]


def inert(text: str) -> str:
    """The text without colors, and with control characters and bidi marks shown as \\x07."""
    return "".join(map(_shown, _plain(text)))


def _plain(text: str) -> str:
    return _ANSI.sub("", text).replace("\r\n", "\n").replace("\r", "\n")


def _shown(char: str) -> str:
    acts = unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp") and char not in ("\n", "\t", _JOINER)
    return char.encode("unicode_escape").decode() if acts else char
