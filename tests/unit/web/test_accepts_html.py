"""Who gets a page where there is none."""

import pytest

from chalicelib.web.accepts_html import is_for_people

HTML = "text/html,application/xhtml+xml,*/*;q=0.8"


@pytest.mark.parametrize(
    ("path", "accept", "is_a_persons"),
    [
        pytest.param("/nope", HTML, True, id="a browser"),
        pytest.param("/nope", "*/*", False, id="curl"),
        pytest.param("/nope", None, False, id="a program that says nothing"),
        pytest.param("/", HTML, True, id="the overview"),
        pytest.param("//api/x", HTML, True, id="an address of nobody"),
        pytest.param("*", "*/*", False, id="no path at all"),
        pytest.param("/checks", None, True, id="the pages' own"),
        pytest.param("/checks/", None, True, id="… with a slash"),
        pytest.param("/signin", None, True, id="a link that was cut"),
        pytest.param("/status/", None, True, id="a status page"),
        pytest.param("/inbox/", None, True, id="the local server's"),
        pytest.param("/checksum", "*/*", False, id="nearly the pages' own"),
        pytest.param("/ping/x/y/z/w", HTML, False, id="a ping, though a browser sends it"),
        pytest.param("/api/v9/", HTML, False, id="the API"),
        pytest.param("/b", HTML, False, id="a badge"),
        pytest.param("/badge", HTML, False, id="a tag's badge"),
        pytest.param("/projects", HTML, False, id="metrics"),
        pytest.param("/static", HTML, False, id="a file"),
    ],
)
def test_pages_are_for_people(path: str, accept: str | None, is_a_persons: bool) -> None:
    headers = {"Host": "overdue.example.com"} | ({} if accept is None else {"Accept": accept})
    assert is_for_people({"path": path, "headers": headers}) is is_a_persons


def test_a_request_without_headers_is_a_programs() -> None:
    assert not is_for_people({"path": "/nope", "headers": None})
