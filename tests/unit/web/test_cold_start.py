"""A ping loads neither the Management API nor fastjsonschema, and a GET of the API no fastjsonschema."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("imported", "unwanted"),
    [
        ("app", ["chalicelib.web.api", "chalicelib.web.badges", "chalicelib.web.metrics", "fastjsonschema", "jinja2"]),
        ("app", ["chalicelib.web.pages", "chalicelib.store.secure_strings", "itsdangerous", "markupsafe"]),
        ("chalicelib.web.people", ["chalicelib.web.pages", "jinja2"]),
        ("chalicelib.web.pages.sessions", ["jinja2", "markupsafe"]),
        ("chalicelib.web.api.routes", ["fastjsonschema", "chalicelib.web.api.fields", "jinja2"]),
        ("chalicelib.web.badges", ["fastjsonschema", "jinja2"]),
        ("chalicelib.web.metrics", ["fastjsonschema", "jinja2"]),
    ],
)
def test_importing_a_room_leaves_what_it_does_not_need(imported: str, unwanted: list[str]) -> None:
    program = f"import sys, {imported}; print(*sys.modules)"
    found = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout.split()
    assert set(unwanted).isdisjoint(found)
