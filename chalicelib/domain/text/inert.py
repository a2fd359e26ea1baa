"""Text from outside as it may be shown: in a terminal, an alert or a page, it changes no colour and no direction.

Start at `inert`. Which characters a subject or an SMS can hold is `alerts.charset`'s business.
"""

import re
import unicodedata

LONGEST_OUTPUT = 2_000  # characters: copied into eight bodies, they leave a message far below SNS's 256 kB

_ANSI = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # colours, cursor
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"  # titles, links
    r"|\x1b[()][0-9A-Za-z]|\x1b[=>78cM]"
)
_JOINER = "\u200d"  # holds an emoji together


def legible(output: str) -> str:
    """The end of an output as it can be read anywhere, `inert`."""
    end = _plain(output).strip("\n").rstrip()[-LONGEST_OUTPUT - 1 :]
    text = "".join(map(_shown, end))
    return text if len(text) <= LONGEST_OUTPUT else "..." + text[3 - LONGEST_OUTPUT :]


def inert(text: str) -> str:
    """A text that does nothing where it is shown: colours taken out, controls and bidi marks shown as \\x07."""
    return "".join(map(_shown, _plain(text)))


def _plain(text: str) -> str:
    return _ANSI.sub("", text).replace("\r\n", "\n").replace("\r", "\n")


def _shown(char: str) -> str:
    acts = unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp") and char not in ("\n", "\t", _JOINER)
    return char.encode("unicode_escape").decode() if acts else char
