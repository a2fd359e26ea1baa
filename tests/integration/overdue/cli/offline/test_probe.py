"""`overdue probe`, and the options of `overdue checks` that are about probes."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner, Result

from overdue.cli.main import main
from tests.answering import Answering, answering, saying
from tests.stand_in import Asked, Says, StandIn, stand_in

URL = "https://shop.example.com/"


def overdue(*arguments: str, **environ: str) -> Result:
    return CliRunner().invoke(main, arguments, env={"OVERDUE_PROBE_INSIDE": "", "OVERDUE_API_KEY": "k" * 32, **environ})


@pytest.fixture
def shop() -> Iterator[Answering]:
    with answering(saying(body="Welcome to the shop")) as server:
        yield server


def test_a_good_url_is_told_with_its_latency(shop: Answering) -> None:
    done = overdue("probe", shop.url(), "--inside", "127.0.0.0/8", "--expect-text", "Welcome")

    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.startswith("status 200 in ")
    assert len(shop.asked) == 1


def test_a_failure_is_repeated_and_told_and_is_the_exit_status(shop: Answering) -> None:
    done = overdue("probe", shop.url(), "--inside", "127.0.0.0/8", "--expect-text", "Goodbye", "--json")

    assert done.exit_code == 1
    found = json.loads(done.stdout)
    assert (found["good"], found["text"]) == (False, 'text "Goodbye" not found')
    assert len(shop.asked) == 2


def test_what_is_inside_is_closed_unless_it_is_named(shop: Answering) -> None:
    done = overdue("probe", shop.url())

    assert (done.exit_code, shop.asked) == (1, [])
    assert done.stdout == "no answer: 127.0.0.1 is an inside address (loopback), closed to probes\n"
    assert "--inside 127.0.0.0/8, or OVERDUE_PROBE_INSIDE" in done.stderr
    assert "a deployment has its own: overdue deploy --probe-inside" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["ftp://example.com/"], 'url "ftp://example.com/": a probe asks http:// and https:// only'),
        ([URL, "--expect-status", "fine"], 'expect_status "fine"'),
        ([URL, "--timeout", "1m"], '--timeout "1m" is too long: use 1s to 20s'),
        ([URL, "--slow", "12s"], "slow 12 s: it must be below the timeout"),
        ([URL, "--header", "X-Api-Key"], '--header "X-Api-Key" has no colon'),
        ([URL, "--inside", "everything"], 'networks that probes may reach, "everything"'),
        ([URL, "--certificate-days", "soon"], "--certificate-days"),
    ],
)
def test_a_probe_that_cannot_be_done_is_wrong_usage(arguments: list[str], problem: str) -> None:
    done = overdue("probe", *arguments)

    assert (done.exit_code, done.stdout) == (2, "")
    assert problem in done.stderr


CHECK = {
    "name": "shop", "slug": "shop", "tags": "", "desc": "", "grace": 360, "n_pings": 0, "status": "new", "timeout": 60,
    "started": False, "last_ping": None, "next_ping": None, "uuid": "7f0e8d4c-1b2a-4c3d-8e9f-0123456789ab",
}  # fmt: skip
PROBE = {
    "url": URL, "method": "GET", "headers": {"X-Api-Key": "k"}, "expect_status": "200", "expect_text": "Welcome",
    "timeout": 10, "every": 60, "follow_redirects": True, "certificate_days": 14, "slow": None,
}  # fmt: skip


@pytest.fixture
def server() -> Iterator[StandIn]:
    """Has a probed check `shop` and a job `backup`, and takes whatever it is told."""

    def answer(asked: Asked) -> Says:
        job = CHECK | {
            "name": "backup",
            "slug": "backup",
            "uuid": "8f0e8d4c-1b2a-4c3d-8e9f-0123456789ab",
            "probe": None,
        }
        if asked.method == "GET":
            return Says(body={"checks": [CHECK | {"probe": PROBE}, job]})
        return Says(201 if asked.path.endswith("/checks/") else 200, CHECK | asked.json())

    with stand_in(answer) as found:
        yield found


def sent(server: StandIn) -> Any:
    [said] = [asked.json() for asked in server.asked if asked.method == "POST"]
    return said


def test_a_check_is_made_with_a_probe_and_its_period(server: StandIn) -> None:
    done = overdue(
        "checks", "add", "web", "--probe", URL, "--every", "5m", "--expect-text", "Hi", "--slow", "800ms",
        "--header", "Accept: text/html", "--no-redirects", "--certificate-days", "0", "--url", server.base,
    )  # fmt: skip

    assert (done.exit_code, done.stdout) == (0, "web\n"), done.stderr
    said = sent(server)
    assert "timeout" not in said
    assert said["probe"] == {
        "url": URL,
        "method": "GET",
        "headers": {"Accept": "text/html"},
        "expect_status": "200",
        "expect_text": "Hi",
        "timeout": 10,
        "every": 300,
        "follow_redirects": False,
        "certificate_days": 0,
        "slow": 0.8,
    }


@pytest.mark.parametrize(
    ("arguments", "differs"),
    [
        (["--expect-text", "Bye"], {"expect_text": "Bye"}),
        (["--every", "1h"], {"every": 3600}),
        (["--probe", f"{URL}new"], {"url": f"{URL}new"}),
    ],
)
def test_an_edit_changes_what_it_names_of_a_probe(
    server: StandIn, arguments: list[str], differs: dict[str, object]
) -> None:
    done = overdue("checks", "edit", "shop", *arguments, "--url", server.base)

    assert done.exit_code == 0, done.stderr
    assert sent(server) == {"probe": PROBE | differs}


def test_an_edit_of_something_else_leaves_the_probe_alone(server: StandIn) -> None:
    overdue("checks", "edit", "shop", "--tags", "prod", "--url", server.base)

    assert sent(server) == {"tags": "prod"}


def test_a_probe_is_taken_away(server: StandIn) -> None:
    overdue("checks", "edit", "shop", "--probe", "off", "--every", "1d", "--url", server.base)

    assert sent(server) == {"probe": None, "timeout": 86400}


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["add", "web", "--expect-text", "Hi"], "add --probe URL"),
        (["add", "web", "--probe", URL, "--schedule", "0 2 * * *"], "set its interval with --every"),
        (["add", "web", "--probe", URL, "--every", "61s"], "every 61 s: a probe comes every whole minute"),
        (["edit", "backup", "--slow", "1s"], "add --probe URL"),
        (["edit", "shop"], "nothing to change"),
    ],
)
def test_wrong_usage_is_told_and_nothing_is_sent(server: StandIn, arguments: list[str], problem: str) -> None:
    done = overdue("checks", *arguments, "--url", server.base)

    assert (done.exit_code, done.stdout) == (2, "")
    assert problem in done.stderr
    assert not [asked for asked in server.asked if asked.method == "POST"]


def test_a_probed_check_shows_what_is_asked_and_what_is_good(server: StandIn) -> None:
    done = overdue("checks", "show", "shop", "--url", server.base)

    lines = [line.split(maxsplit=1) for line in done.stdout.splitlines()]
    assert ["probe", f"GET {URL}"] in lines
    assert 'good is    status 200, with "Welcome", within 10 s, certificate for 14 days more' in done.stdout
    assert "X-Api-Key" not in done.stdout
