"""app.py's tables: each handler exists, and Lambda finds each function by the name that deployed stages call."""

import ast
from pathlib import Path
from typing import Any

import pytest

import app
from chalicelib.entry_points import load

WORDS = [node.value for node in ast.walk(ast.parse(Path(app.__file__).read_text())) if isinstance(node, ast.Constant)]
HANDLERS = sorted({word for word in WORDS if isinstance(word, str) and word.startswith("chalicelib.")})


@pytest.mark.parametrize("handler", HANDLERS)
def test_a_handler_exists(handler: str) -> None:
    assert callable(load(handler))


def test_lambda_calls_each_function_by_its_name_in_app_py() -> None:
    lambda_app: Any = app.app
    functions = [*lambda_app.event_sources, *lambda_app.pure_lambda_functions]

    assert {each.name: each.handler_string for each in functions} == {
        "sweep": "app.sweep",
        "storm": "app.storm",
        "prober": "app.prober",
        "alarms": "app.alarms",
        "canary": "app.canary",
    }
    assert all(callable(getattr(app, each.name)) for each in functions)


def test_each_path_takes_all_verbs_and_any_content() -> None:
    for verbs in app.app.routes.values():
        assert set(verbs) == {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
        assert {tuple(entry.content_types) for entry in verbs.values()} == {("*/*",)}
