"""What the local server's pages share: their frame's links, their headers. The style sheet is the app's.

Templates stand in `templates/`; what a page says is decided in its own room (`inbox_page`).
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from werkzeug.wrappers import Response

HERE = Path(__file__).parents[1]
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)


@dataclass(frozen=True, slots=True)
class NavLink:
    """One link of the frame on top."""

    href: str
    label: str


def page(template: str, view: object) -> Response:
    """A template filled with its view: escaped, never cached, and allowed nothing but its own style and forms."""
    html = _environment().get_template(template).render(view=view)
    headers = {
        "Content-Security-Policy": POLICY,
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
    }
    return Response(html, headers=headers, mimetype="text/html")


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
