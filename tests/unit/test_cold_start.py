"""Each function imports what it serves, and no more: a ping is answered without pages, Management API and alerts."""

import os
import subprocess
import sys

import pytest

from benchmarks.canned import ENVIRONMENT

NOT_FOR_PINGS = {
    "chalicelib.alerts",
    "chalicelib.domain.configure",
    "chalicelib.domain.rules.dependencies",
    "chalicelib.domain.schedule.maintenance",
    "chalicelib.fields.merge",
    "chalicelib.handlers",
    "chalicelib.probes",
    "chalicelib.services.admission",
    "chalicelib.services.publisher",
    "chalicelib.store.registry",
    "chalicelib.store.secure_strings",
    "chalicelib.sweep",
    "chalicelib.web.anonymous",
    "chalicelib.web.api",
    "chalicelib.web.pages",
    "croniter",
    "difflib",
    "itsdangerous",
    "jinja2",
    "markupsafe",
    "unicodedata",
    "zoneinfo",
}
PAGES = {"chalicelib.web.pages", "itsdangerous", "jinja2", "markupsafe"}
PING = """
import sys, app
from benchmarks.canned import LAST_PING_S, Canned, event, item
from chalicelib.runtime import wiring
Canned(wiring().ports.tables.client, item({"every": 3600}, due_at_s=LAST_PING_S + 3900))
before = set(sys.modules)
assert app.app(event(at_s=LAST_PING_S + 3595), None)["body"] == "OK"
print(*(name for name in set(sys.modules) - before if name.startswith("chalicelib")))
"""


def printed(program: str) -> set[str]:
    """The words that a new process prints."""
    environment = {**os.environ, **ENVIRONMENT}
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True, env=environment, timeout=60
    )
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("modules", "unwanted"),
    [
        pytest.param("app", NOT_FOR_PINGS, id="a ping"),
        pytest.param("app, chalicelib.web.ping_by_slug", PAGES | {"chalicelib.alerts.text"}, id="a ping by slug"),
        pytest.param("app, chalicelib.sweep.loop", PAGES | {"chalicelib.web.api"}, id="the sweep"),
        pytest.param("app, chalicelib.probes.probing", PAGES | {"chalicelib.sweep", "croniter"}, id="the prober"),
        pytest.param("app, chalicelib.handlers.canary", PAGES | {"chalicelib.sweep"}, id="the canary"),
        pytest.param("app, chalicelib.handlers.cloudwatch_alarms", PAGES | {"chalicelib.sweep"}, id="alarms"),
        pytest.param(
            "app, chalicelib.web.api.routes", PAGES | {"chalicelib.web.api.schema.fields"}, id="the Management API"
        ),
        pytest.param("app, chalicelib.web.anonymous.badges", PAGES, id="a badge"),
        pytest.param("app, chalicelib.web.anonymous.prometheus", PAGES, id="metrics"),
        pytest.param("chalicelib.web.accepts_html", PAGES, id="a path that no route takes"),
        pytest.param("chalicelib.services.signed_links.sessions", {"jinja2", "markupsafe"}, id="a session"),
    ],
)
def test_what_is_imported_leaves_out_what_only_others_need(modules: str, unwanted: set[str]) -> None:
    imported = printed(f"import sys, {modules}; print(*sys.modules)")

    assert imported.isdisjoint(unwanted)


def test_a_plain_ping_imports_nothing_more_than_the_app() -> None:
    assert printed(PING) == set()
