"""The recorded answers of Healthchecks, asked of the local server: every case, none skipped.

Where Overdue answers otherwise on purpose, `exceptions.json` names the case with the reason.
"""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.conformance import Server, run_case
from tests.serving import conforming

HERE = Path(__file__).parent
FILES = sorted((HERE / "cases").glob("*.json"))
EXCEPTIONS: dict[str, str] = json.loads((HERE / "exceptions.json").read_text())
AT_ONCE = 4


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with conforming(tmp_path_factory.mktemp("conformance")) as ready:
        keys = {"rw": ready["api_key"], "ro": ready["readonly_key"], "other": ready["other_api_key"]}
        yield Server(ready["base"], keys, ready["ping_key"], ready["project"], timeout=20.0)


def cases(path: Path) -> dict[str, dict[str, Any]]:
    return {f"{path.stem}/{case['name']}": case for case in json.loads(path.read_text())}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_recorded_answer_is_ours(server: Server, path: Path) -> None:
    asked = {name: case for name, case in cases(path).items() if name not in EXCEPTIONS}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        runs = pool.map(lambda case: run_case(server, case, record=False), asked.values())
    differences = [
        f"{name} [{run.version}]: {line}"
        for name, each in zip(asked, runs, strict=True)
        for run in each
        for line in run.differences
    ]
    assert differences == []


def test_nothing_that_a_case_needs_is_missing(server: Server) -> None:
    needed = {need for path in FILES for case in cases(path).values() for need in case.get("needs", ())}
    assert needed <= server.abilities()


def test_an_exception_names_a_case_and_says_why() -> None:
    known = {name for path in FILES for name in cases(path)}
    assert set(EXCEPTIONS) <= known
    assert all(len(reason) > 20 for reason in EXCEPTIONS.values())
