"""`overdue canary` against a server that answers with recorded shapes."""

import json
import os
import re
from dataclasses import dataclass, field
from typing import Any

import pytest
from click.testing import CliRunner, Result

from overdue.cli.main import main
from tests.stand_in import Asked, Says, stand_in

KEY = "k" * 32
CODE = "7f0e8d4c-1b2a-4c3d-8e9f-0123456789ab"
OPS, CHAT = "0a000000-0000-4000-8000-000000000001", "0a000000-0000-4000-8000-000000000002"
MISS = {
    "timestamp": "2026-03-01T10:02:00+00:00",
    "up": 0,
    "sent": [{"kind": "down", "to": ["ops-email"], "at": "2026-03-01T10:02:01+00:00"}],
}
PINGED = {"timestamp": "2026-03-01T10:00:00+00:00", "up": 1, "sent": []}


@dataclass
class Server:
    """One that holds at most a canary."""

    canary: dict[str, Any] | None = None
    flips: list[dict[str, Any]] = field(default_factory=list)
    channels: dict[str, str] = field(default_factory=lambda: {"ops-email": OPS, "chat": CHAT})
    wrote: list[tuple[str, Any]] = field(default_factory=list)
    base: str = ""

    def answer(self, asked: Asked) -> Says:
        path = asked.path.removeprefix("/api/v3/")
        match (asked.method, path.split("/")):
            case ("GET", ["checks", ""]):
                return Says(body={"checks": [] if self.canary is None else [self.canary]})
            case ("GET", ["channels", ""]):
                told = [{"id": code, "name": name, "kind": "email"} for name, code in self.channels.items()]
                return Says(body={"channels": told})
            case ("GET", ["checks", _, "flips", ""]):
                return Says(body={"flips": self.flips})
            case ("DELETE", ["checks", _]):
                self.wrote.append(("delete", None))
                return Says(body=self.canary)
            case ("POST", ["checks", _]):
                self.wrote.append(("check", asked.json()))
                names = asked.json()["channels"]
                ids = [code for name, code in self.channels.items() if names == "*" or name in names.split(",")]
                return Says(body=self.a_canary(channels=",".join(ids)))
            case ("POST", ["", "ping", _]):
                self.wrote.append(("ping", None))
                return Says()
            case _:
                return Says(404, {"error": "not found"})

    def a_canary(self, *, status: str = "down", channels: str = f"{OPS},{CHAT}") -> dict[str, Any]:
        return {
            "name": "Canary",
            "slug": "overdue-canary",
            "tags": "",
            "desc": "",
            "grace": 60,
            "timeout": 60,
            "n_pings": 3,
            "status": status,
            "started": False,
            "last_ping": "2026-03-01T10:00:00+00:00",
            "next_ping": None,
            "uuid": CODE,
            "ping_url": f"{self.base}/ping/{CODE}",
            "channels": channels,
        }


def overdue(server: Server, *arguments: str, **state: Any) -> Result:
    """Run a command; `status` and `channels` make a canary that is there."""
    with stand_in(server.answer) as running:
        server.base = running.base
        if state:
            server.canary = server.a_canary(**state)
        known = {"OVERDUE_CONFIG": os.devnull, "OVERDUE_URL": running.base, "OVERDUE_API_KEY": KEY}
        return CliRunner().invoke(main, ["canary", *arguments], env=known, catch_exceptions=False)


def test_on_makes_it_pings_it_and_says_who_is_told() -> None:
    server = Server()

    done = overdue(server, "on", "--channel", "ops-email")

    assert done.stderr == (
        "The canary is on. It misses in two minutes, and then every day after 10:00 UTC. It tells ops-email.\n"
    )
    [(_, fields), ping] = server.wrote
    desc = fields.pop("desc")
    assert fields == {
        "name": "Canary", "slug": "overdue-canary", "timeout": 60, "grace": 60, "channels": "ops-email",
    }  # fmt: skip
    assert desc.startswith("Misses on purpose every day")
    assert ping == ("ping", None)


def test_without_a_name_it_tells_all_channels() -> None:
    server = Server()

    done = overdue(server, "on")

    assert "It tells ops-email, chat." in done.stderr
    assert server.wrote[0][1]["channels"] == "*"


def test_one_that_is_on_is_pinged_again_and_keeps_its_channels() -> None:
    server = Server()

    done = overdue(server, "on", channels=CHAT)

    assert server.wrote == [("ping", None)]
    assert "It tells chat." in done.stderr


def test_one_that_is_on_gets_the_channels_that_are_named() -> None:
    server = Server()

    overdue(server, "on", "--channel", "ops-email", "--channel", "chat", channels=CHAT)

    assert server.wrote == [("check", {"channels": "ops-email,chat"}), ("ping", None)]


def test_on_is_refused_where_nobody_would_hear_it() -> None:
    server = Server(channels={})

    done = overdue(server, "on")

    assert (done.exit_code, server.wrote) == (1, [])
    assert "there is no channel yet" in done.stderr
    assert "overdue channels add" in done.stderr


def test_off_deletes_it_and_a_second_time_says_so() -> None:
    server = Server()

    assert overdue(server, "off", status="down").stderr == "The canary is off.\n"
    assert server.wrote == [("delete", None)]
    assert overdue(Server(), "off").stderr == "The canary was not on.\n"


def test_status_tells_the_last_miss_and_who_was_not_told() -> None:
    done = overdue(Server(flips=[MISS, PINGED]), "status", status="down")

    lines = dict(re.split(r"  +", line, maxsplit=1) for line in done.stdout.splitlines())
    assert lines["canary"] == "on"
    assert lines["last miss"].endswith("UTC")
    assert (lines["told"], lines["not told"]) == ("ops-email", "chat")
    assert lines["next ping"].endswith("10:00 UTC")


def test_status_before_the_first_miss_says_so() -> None:
    done = overdue(Server(flips=[PINGED]), "status", status="up")

    assert "none yet" in done.stdout
    assert "not told" not in done.stdout


def test_a_pause_is_no_miss() -> None:
    paused = {"timestamp": "2026-03-01T12:00:00+00:00", "up": 0, "sent": []}

    done = overdue(Server(flips=[paused, MISS, PINGED]), "status", "--json", status="paused")

    assert json.loads(done.stdout) == {
        "on": False,
        "last_miss": "2026-03-01T10:02:00+00:00",
        "told": ["ops-email"],
        "untold": ["chat"],
        "next_run": None,
    }


@pytest.mark.parametrize("command", ["on", "off", "status"])
@pytest.mark.parametrize("state", [{}, {"status": "down"}], ids=["none is there", "one is there"])
def test_json_is_one_document_and_nothing_else(command: str, state: dict[str, Any]) -> None:
    done = overdue(Server(flips=[MISS, PINGED]), command, "--json", **state)

    assert (done.exit_code, done.stderr) == (0, "")
    json.loads(done.stdout)
