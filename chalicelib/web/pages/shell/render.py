"""A template and its view as an answer: escaped, compressed, never cached, allowed nothing but its own files.

Start at `page`. What is in a view is each page's room's business; templates know no rule.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from chalice.app import Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from chalicelib.web.answers import answer
from chalicelib.web.pages.shell.layout import Frame
from chalicelib.web.pages.shell.visit import Visit, zone_cookie

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
}


def page(
    visit: Visit,
    template: str,
    frame: Frame,
    view: object,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The page."""
    html = environment().get_template(template).render(frame=frame, view=view)
    more = {**HEADERS, **zone_cookie(visit), **(headers or {})}
    return answer(html, "text/html; charset=utf-8", visit.accepts, status=status, headers=more)


def see_other(path: str, headers: Mapping[str, str] | None = None) -> Response:
    """After a form: look there, so that a reload repeats nothing."""
    return Response("", {"Location": path, "Cache-Control": "no-store", **(headers or {})}, 303)


@cache
def environment() -> Environment:
    """Made once a process."""
    return Environment(
        loader=FileSystemLoader(Path(__file__).parents[1] / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
