"""When the file of a local server may be followed."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from overdue.local.run import Ready
from overdue.ready import announced, find
from tests.stand_in import Says, stand_in

NOT_FOUND = Says(404, "not found")


def ready(base: str) -> Ready:
    return Ready(
        base=base,
        ping=f"{base}/ping",
        api=f"{base}/api",
        inbox=f"{base}/inbox",
        api_key="rw",
        readonly_key="ro",
        ping_key="ping",
        check="7f0e8d4c-1b2a-4c3d-8e9f-0123456789ab",
        open=f"{base}/signin/token",
    )


def test_a_running_server_is_found_from_its_directory_and_below(tmp_path: Path) -> None:
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    with (
        stand_in(lambda _: NOT_FOUND) as server,
        announced(ready(server.base), dynamodb="http://127.0.0.1:1", directory=tmp_path) as path,
    ):
        assert path == tmp_path / ".overdue" / "local.json"
        assert path.stat().st_mode & 0o777 == 0o600
        for directory in (tmp_path, below):
            found = find(directory)
            assert found is not None
            assert (found.base, found.api_key, found.ping_key) == (server.base, "rw", "ping")
            assert found.dynamodb == "http://127.0.0.1:1"
    assert not path.exists()
    assert find(tmp_path) is None


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda said: said | {"base": "http://127.0.0.1:9"}, id="its server does not answer"),
        pytest.param(lambda said: said | {"base": "http://198.51.100.7"}, id="it is not on loopback"),
        pytest.param(lambda said: said | {"pid": 2**22 + 1}, id="its process has ended"),
        pytest.param(lambda said: said | {"pid": None}, id="it is not what we write"),
        pytest.param(lambda said: {"base": said["base"]}, id="it is incomplete"),
        pytest.param(lambda said: [said], id="it is something else"),
    ],
)
def test_a_file_that_cannot_be_trusted_is_not_followed(tmp_path: Path, change: Callable[[object], object]) -> None:
    with (
        stand_in(lambda _: NOT_FOUND) as server,
        announced(ready(server.base), dynamodb="http://127.0.0.1:1", directory=tmp_path) as path,
    ):
        assert path is not None
        path.write_text(json.dumps(change(json.loads(path.read_text()))))
        assert find(tmp_path) is None


def test_a_file_that_others_may_read_is_not_followed(tmp_path: Path) -> None:
    with (
        stand_in(lambda _: NOT_FOUND) as server,
        announced(ready(server.base), dynamodb="http://127.0.0.1:1", directory=tmp_path) as path,
    ):
        assert path is not None
        path.chmod(0o644)
        assert find(tmp_path) is None


def test_another_program_on_its_port_is_not_taken_for_it(tmp_path: Path) -> None:
    with (
        stand_in(lambda _: Says(200, "hello")) as server,
        announced(ready(server.base), dynamodb="http://127.0.0.1:1", directory=tmp_path),
    ):
        assert find(tmp_path) is None


def test_a_server_that_came_later_keeps_its_file(tmp_path: Path) -> None:
    with announced(ready("http://127.0.0.1:1"), dynamodb="", directory=tmp_path) as path:
        assert path is not None
        later = tmp_path / "later"
        later.write_text("{}")
        later.replace(path)
    assert path.exists()


def test_a_directory_that_takes_no_file_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / ".overdue").write_text("a file in its place")

    with announced(ready("http://127.0.0.1:1"), dynamodb="", directory=tmp_path) as path:
        assert path is None
