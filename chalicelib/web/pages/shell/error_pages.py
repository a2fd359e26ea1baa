"""Pages that only say something: not found, refused, try again.

Start at `bare`, which needs no session, no table and no script, and at `said`, which has the frame of all pages.
Whether a request gets a page at all is decided in `accepts_html`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chalice.app import Response

from chalicelib.web.answers import TRY_AGAIN, answer
from chalicelib.web.pages.shell import static_files
from chalicelib.web.pages.shell.layout import frame
from chalicelib.web.pages.shell.render import HEADERS, environment, page
from chalicelib.web.pages.shell.visit import Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class Bare:
    """All that `bare.html` shows."""

    heading: str
    sentence: str
    has_way_back: bool  # to the overview; readers of a status page have none
    style: str
    icon: str


def bare(
    status: int,
    heading: str,
    sentence: str,
    *,
    headers: Mapping[str, str] | None = None,
    has_way_back: bool = True,
) -> Response:
    """The page. It is smaller than what would be compressed."""
    view = Bare(
        heading=heading,
        sentence=sentence,
        has_way_back=has_way_back,
        style=static_files.href("style.css"),
        icon=static_files.href("note.svg"),
    )
    html = environment().get_template("bare.html").render(view=view)
    return answer(html, "text/html; charset=utf-8", "", status=status, headers={**HEADERS, **(headers or {})})


def instead(status: int) -> Response:
    """What a person gets where no route answers: 404, or 500."""
    if status == 404:
        return bare(
            404, "There is nothing here", "No page has this address: it may have been mistyped, or have changed."
        )
    return bare(status, "Something went wrong within Overdue", "It is logged, and was not your doing.")


def wrong_verb(event: Mapping[str, Any], allowed: str, *, has_way_back: bool = True) -> Response:
    """405, to who opens what takes forms, or sends to what is only looked at."""
    what = "It is where a form is sent to; there is nothing to see." if allowed == "POST" else "Nothing was done."
    sentence = f"This address takes {allowed}, not {event['httpMethod']}. {what}"
    return bare(405, "This is not how to ask", sentence, headers={"Allow": allowed}, has_way_back=has_way_back)


def later(*, has_way_back: bool = True) -> Response:
    """503, where DynamoDB or SSM does not answer."""
    heading, sentence = "This page cannot be made at the moment", "Try again in a few seconds."
    return bare(503, heading, sentence, headers=TRY_AGAIN, has_way_back=has_way_back)


@dataclass(frozen=True, slots=True)
class Said:
    """A heading and a sentence."""

    heading: str
    sentence: str


def said(visit: Visit, status: int, heading: str, sentence: str, headers: Mapping[str, str] | None = None) -> Response:
    """The page, with its status."""
    around = frame(visit, title=f"{heading} · Overdue", icon="note", marks=("note",), current="", refresh=None)
    return page(visit, "said.html", around, Said(heading, sentence), status=status, headers=headers)
