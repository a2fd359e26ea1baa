"""A page that only says something: not found, refused, try again."""

from collections.abc import Mapping
from dataclasses import dataclass

from chalice.app import Response

from chalicelib.web.pages.shell.layout import frame
from chalicelib.web.pages.shell.render import page
from chalicelib.web.pages.shell.visit import Visit


@dataclass(frozen=True, slots=True)
class Said:
    """A heading and a sentence."""

    heading: str
    sentence: str


def said(visit: Visit, status: int, heading: str, sentence: str, headers: Mapping[str, str] | None = None) -> Response:
    """The page, with its status."""
    around = frame(visit, title=f"{heading} · Overdue", icon="note", marks=("note",), current="", refresh=None)
    return page(visit, "said.html", around, Said(heading, sentence), status=status, headers=headers)
