"""Whether a request is a person's, with a browser, or a program's: what no route takes answers each in his language.

A program's paths stay as the wire has them. No page is made here: a ping that goes astray must not load one.
"""

from collections.abc import Mapping
from typing import Any

FOR_PROGRAMS = ("ping", "api", "b", "badge", "projects", "static")
FOR_PEOPLE = ("checks", "new", "signin", "signout", "status", "ack", "inbox")


def is_for_people(event: Mapping[str, Any]) -> bool:
    """Whether its path belongs to pages, or to nothing and it takes HTML."""
    top = event["path"][1:].partition("/")[0]
    if top in FOR_PROGRAMS:
        return False
    headers = event.get("headers") or {}
    accepts = next((value for name, value in headers.items() if name.lower() == "accept"), "")
    return top in FOR_PEOPLE or "text/html" in accepts
