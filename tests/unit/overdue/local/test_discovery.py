"""When the file of a local server may be followed."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from chalicelib.domain.errors import OverdueError
from overdue.local.discovery import announced, clear_ready_file, find, ready_file
from overdue.local.run import Ready
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
        announced(ready(server.base), dynamodb="http://127.0.0.1:1", access_key="random", directory=tmp_path) as path,
    ):
        assert path == tmp_path / ".overdue" / "local.json"
        assert path.stat().st_mode & 0o777 == 0o600
        for directory in (tmp_path, below):
            found = find(directory)
            assert found is not None
            assert (found.base, found.api_key, found.ping_key) == (server.base, "rw", "ping")
            assert (found.dynamodb, found.access_key) == ("http://127.0.0.1:1", "random")
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
        announced(ready(server.base), dynamodb="http://127.0.0.1:1", access_key="random", directory=tmp_path) as path,
    ):
        assert path is not None
        path.write_text(json.dumps(change(json.loads(path.read_text()))))
        assert find(tmp_path) is None


def test_a_file_that_others_may_read_is_not_followed(tmp_path: Path) -> None:
    with (
        stand_in(lambda _: NOT_FOUND) as server,
        announced(ready(server.base), dynamodb="http://127.0.0.1:1", access_key="random", directory=tmp_path) as path,
    ):
        assert path is not None
        path.chmod(0o644)
        assert find(tmp_path) is None


def test_another_program_on_its_port_is_not_taken_for_it(tmp_path: Path) -> None:
    with (
        stand_in(lambda _: Says(200, "hello")) as server,
        announced(ready(server.base), dynamodb="http://127.0.0.1:1", access_key="random", directory=tmp_path),
    ):
        assert find(tmp_path) is None


def test_a_server_that_came_later_keeps_its_file(tmp_path: Path) -> None:
    with announced(ready("http://127.0.0.1:1"), dynamodb="", access_key="", directory=tmp_path) as path:
        assert path is not None
        later = tmp_path / "later"
        later.write_text("{}")
        later.replace(path)
    assert path.exists()


def test_a_directory_that_takes_no_file_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / ".overdue").write_text("a file in its place")

    with announced(ready("http://127.0.0.1:1"), dynamodb="", access_key="", directory=tmp_path) as path:
        assert path is None


def test_a_folder_of_the_same_name_that_is_a_link_gets_no_file(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / ".overdue").symlink_to(elsewhere)

    with announced(ready("http://127.0.0.1:1"), dynamodb="", access_key="", directory=tmp_path) as path:
        assert path is None
    assert list(elsewhere.iterdir()) == []


def test_the_ready_file_is_there_while_the_server_runs_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "ready.json"
    with ready_file(path, ready("http://127.0.0.1:1")):
        assert json.loads(path.read_text())["ping_key"] == "ping"
        assert path.stat().st_mode & 0o777 == 0o600
        assert [each.name for each in tmp_path.iterdir()] == ["ready.json"]
    assert list(tmp_path.iterdir()) == []


def test_the_ready_file_of_a_server_that_has_ended_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "ready.json"
    with ready_file(path, ready("http://127.0.0.1:1")):
        left = path.read_text()
    path.write_text(left)
    clear_ready_file(path)
    with ready_file(path, ready("http://127.0.0.1:2")):
        assert json.loads(path.read_text())["base"] == "http://127.0.0.1:2"


def test_the_ready_file_of_a_server_that_runs_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "ready.json"
    with (
        stand_in(lambda _: NOT_FOUND) as server,
        ready_file(path, ready(server.base)),
        pytest.raises(OverdueError, match="belongs to the local server running at http://127"),
    ):
        clear_ready_file(path)
    assert not path.exists()


def test_a_link_in_the_place_of_the_ready_file_is_not_followed(tmp_path: Path) -> None:
    path, target = tmp_path / "ready.json", tmp_path / "target"
    with ready_file(target, ready("http://127.0.0.1:1")):
        left = target.read_text()
    target.write_text(left)  # even one that leads to what would be replaced in its own place
    path.symlink_to(target)

    with pytest.raises(OverdueError, match=r"ready\.json exists already, and no local server wrote it\. Delete it"):
        clear_ready_file(path)
    with (
        pytest.raises(OverdueError, match=r"ready\.json cannot be created: file exists"),
        ready_file(path, ready("http://127.0.0.1:2")),
    ):
        pass
    assert target.read_text() == left
    assert path.is_symlink()


@pytest.mark.parametrize("found", ["notes of mine", "{}", '["base"]', '{"base": "http://127.0.0.1:1"}'])
def test_another_file_in_the_place_of_the_ready_file_is_kept(tmp_path: Path, found: str) -> None:
    path = tmp_path / "ready.json"
    path.write_text(found)

    with pytest.raises(OverdueError, match="no local server wrote it"):
        clear_ready_file(path)
    assert path.read_text() == found


def test_a_ready_file_that_somebody_has_replaced_is_not_deleted_at_the_end(tmp_path: Path) -> None:
    path, later = tmp_path / "ready.json", tmp_path / "later"
    later.write_text("{}")
    with ready_file(path, ready("http://127.0.0.1:1")):
        later.replace(path)
    assert path.read_text() == "{}"
