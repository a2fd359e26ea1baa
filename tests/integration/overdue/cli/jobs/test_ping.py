"""`overdue ping`: which check is meant, and what cannot be meant."""

import os

import pytest
from click.testing import CliRunner, Result

from overdue.cli.main import main
from tests.stand_in import Asked, Says, StandIn, stand_in

API_KEY = "k" * 32
PING_KEY = "pingpingpingpingpingpi"
CODE = "7f0e8d4c-1b2a-4c3d-8e9f-0123456789ab"
BOTH = {"OVERDUE_API_KEY": API_KEY, "OVERDUE_PING_KEY": PING_KEY}


def answer(asked: Asked) -> Says:
    """A check that has a name and no slug, and one that has a slug."""
    path = asked.path.partition("?")[0]
    if path.startswith("/api/"):
        nameless = {"name": "nightly", "slug": "", "uuid": CODE, "tags": "", "desc": "", "grace": 60, "n_pings": 0}
        state = {"status": "new", "started": False, "last_ping": None, "next_ping": None}
        return Says(body={"checks": [nameless | state | {"ping_url": f"http://{asked.headers['host']}/ping/{CODE}"}]})
    known = path.startswith((f"/ping/{CODE}", f"/ping/{PING_KEY}/with-slug"))
    return Says() if known else Says(404, "not found")


def ping(server: StandIn, *arguments: str, **known: str) -> Result:
    env = {"OVERDUE_CONFIG": os.devnull, "OVERDUE_URL": server.base} | known
    return CliRunner().invoke(main, ["ping", *arguments], env=env, input=b"")


@pytest.mark.parametrize("name", ["nightly", "7f0e8d4c"])
def test_what_the_ping_key_knows_no_slug_for_is_looked_up_by_the_api_key(name: str) -> None:
    with stand_in(answer) as server:
        done = ping(server, name, "--fail", "--body", "disk full", **BOTH)

    assert (done.exit_code, done.stdout) == (0, "OK\n")
    assert server.paths() == [f"/ping/{PING_KEY}/{name}/fail", "/api/v3/checks/", f"/ping/{CODE}/fail"]
    assert server.asked[-1].body == b"disk full"


def test_a_slug_needs_no_looking_up() -> None:
    with stand_in(answer) as server:
        ping(server, "with-slug", **BOTH)

    assert server.paths() == [f"/ping/{PING_KEY}/with-slug"]


def test_only_when_neither_key_knows_it_there_is_no_such_check() -> None:
    with stand_in(answer) as server:
        done = ping(server, "nightli", **BOTH)

    assert done.exit_code == 1
    assert 'No check is called "nightli". Similar names: nightly' in done.stderr


@pytest.mark.parametrize(
    ("arguments", "known"),
    [
        pytest.param(["nightly"], {"OVERDUE_PING_KEY": PING_KEY}, id="without an API key"),
        pytest.param(["nightly", "--create"], BOTH, id="what shall be made is no name"),
        pytest.param([CODE.replace("7", "8")], BOTH, id="a whole code is no slug"),
    ],
)
def test_nothing_is_looked_up_where_that_cannot_help(arguments: list[str], known: dict[str, str]) -> None:
    with stand_in(answer) as server:
        done = ping(server, *arguments, **known)

    assert done.exit_code == 1
    assert "answered 404 not found: no such check" in done.stderr
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--start", "--fail"], "--start and --fail exclude each other"),
        (["--fail", "--start"], "--start and --fail exclude each other"),
        (["--log", "--fail"], "--fail and --log exclude each other"),
        (["--start", "--fail", "--log"], "--start and --fail and --log exclude each other"),
        (["--log", "--exit-status", "0"], "--log and --exit-status exclude each other"),
        (["--body", "\udcff"], "UTF-8"),
    ],
)
def test_what_contradicts_itself_or_is_no_text_is_wrong_usage(arguments: list[str], told: str) -> None:
    with stand_in(answer) as server:
        done = ping(server, "with-slug", *arguments, **BOTH)

    assert (done.exit_code, done.stdout, server.asked) == (2, "", [])
    assert told in done.stderr
