"""A badge as a picture: a label on grey, a state on its colour; nothing is loaded by it, and no font is asked for."""

import re
from xml.sax.saxutils import escape

HEIGHT = 20
_COLOURS = {"up": "#2e7d32", "late": "#b25e00", "down": "#c62828"}
_NARROW, _WIDE = frozenset("fijlrtI.,:;!|'()[] "), frozenset("mwMW@%")
_NOT_IN_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, production 2


def badge_svg(label: str, state: str) -> str:
    """The picture. Its title says the same in words."""
    label = _NOT_IN_XML.sub("\ufffd", label)
    left, right = _width(label), _width(state)
    said = escape(label, {'"': "&quot;"})
    middle = HEIGHT / 2 + 4
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="{HEIGHT}" role="img" '
        f'aria-label="{said}: {state}"><title>{said}: {state}</title>'
        f'<rect width="{left}" height="{HEIGHT}" fill="#4a4a4a"/>'
        f'<rect x="{left}" width="{right}" height="{HEIGHT}" fill="{_COLOURS[state]}"/>'
        '<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle">'
        f'<text x="{left / 2}" y="{middle}">{said}</text>'
        f'<text x="{left + right / 2}" y="{middle}">{state}</text></g></svg>'
    )


def _width(text: str) -> int:
    """About as wide as the text is in Verdana 11, with a margin on both sides."""
    return 10 + sum(4 if each in _NARROW else 11 if each in _WIDE or ord(each) > 0x2E7F else 7 for each in text)
