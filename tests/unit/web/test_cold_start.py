"""What a ping, an API request and a badge load: not what only others need."""

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
                "chalicelib.fields.merge",
                "chalicelib.domain.schedule.maintenance",
                "difflib",
                "unicodedata",
                "jinja2",
            ],
        ),
        ("app", ["chalicelib.web.pages", "chalicelib.store.secure_strings", "itsdangerous", "markupsafe"]),
        ("chalicelib.web.accepts_html", ["chalicelib.web.pages", "jinja2"]),
        ("chalicelib.services.signed_links.sessions", ["jinja2", "markupsafe"]),
        ("chalicelib.web.api.routes", ["chalicelib.web.api.schema.fields", "jinja2"]),
        ("chalicelib.web.anonymous.badges", ["jinja2"]),
        ("chalicelib.web.anonymous.prometheus", ["jinja2"]),
    ],
)
def test_importing_a_room_leaves_what_it_does_not_need(imported: str, unwanted: list[str]) -> None:
    program = f"import sys, {imported}; print(*sys.modules)"
    found = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout.split()
    assert set(unwanted).isdisjoint(found)
