"""A deployment's functions as they run on Lambda: with a stage to measure for, and what they measured."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

import app as lambda_app
from chalicelib.wiring import Wiring


@contextmanager
def on_lambda(**environ: str) -> Iterator[Wiring]:
    """The app with the environment that Lambda and the template add, until the block ends."""
    added = {"AWS_LAMBDA_FUNCTION_NAME": "overdue-test-function", "OVERDUE_STAGE": "test"} | environ
    with pytest.MonkeyPatch.context() as patch:
        for name, value in added.items():
            patch.setenv(name, value)
        lambda_app.wiring.cache_clear()
        yield lambda_app.wiring()
    lambda_app.wiring.cache_clear()


def measured(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """The metrics that have been written since the last call, a document each."""
    documents = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return [{metric["Name"]: each[metric["Name"]] for metric in _directive(each)["Metrics"]} for each in documents]


def _directive(document: dict[str, Any]) -> dict[str, Any]:
    [directive] = document["_aws"]["CloudWatchMetrics"]
    found: dict[str, Any] = directive
    return found
