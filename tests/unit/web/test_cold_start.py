"""A ping loads neither the Management API nor fastjsonschema, and a GET of the API no fastjsonschema."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("imported", "unwanted"),
    [
        (
            "app",
            [
                "chalicelib.web.api",
                "chalicelib.web.anonymous.badges",
                "chalicelib.web.anonymous.prometheus",
                "fastjsonschema",
                "jinja2",
            ],
        ),
        ("app", ["chalicelib.web.pages", "chalicelib.store.secure_strings", "itsdangerous", "markupsafe"]),
        ("chalicelib.web.accepts_html", ["chalicelib.web.pages", "jinja2"]),
        ("chalicelib.services.signed_links.sessions", ["jinja2", "markupsafe"]),
        ("chalicelib.web.api.routes", ["fastjsonschema", "chalicelib.web.api.schema.fields", "jinja2"]),
        ("chalicelib.web.anonymous.badges", ["fastjsonschema", "jinja2"]),
        ("chalicelib.web.anonymous.prometheus", ["fastjsonschema", "jinja2"]),
    ],
)
def test_importing_a_room_leaves_what_it_does_not_need(imported: str, unwanted: list[str]) -> None:
    program = f"import sys, {imported}; print(*sys.modules)"
    found = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout.split()
    assert set(unwanted).isdisjoint(found)
