"""A ping loads neither the Management API nor pydantic, and a GET of the API no pydantic."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("imported", "unwanted"),
    [
        ("app", ["chalicelib.web.api", "chalicelib.web.badges", "chalicelib.web.metrics", "pydantic", "jinja2"]),
        ("chalicelib.web.api.routes", ["pydantic", "chalicelib.web.api.fields", "jinja2"]),
        ("chalicelib.web.badges", ["pydantic", "jinja2"]),
        ("chalicelib.web.metrics", ["pydantic", "jinja2"]),
    ],
)
def test_importing_a_room_leaves_what_it_does_not_need(imported: str, unwanted: list[str]) -> None:
    program = f"import sys, {imported}; print(*sys.modules)"
    found = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout.split()
    assert set(unwanted).isdisjoint(found)
