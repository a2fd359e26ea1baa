"""A deployment's functions as they run on Lambda: with a stage to measure for, and what they measured."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from chalicelib import runtime
from chalicelib.domain.ingress.ingress_ledger import proof
from chalicelib.runtime import Wiring
from chalicelib.store.registry.projects import Registry
from tests.builders import utc
from tests.stand_in import Asked, Says, stand_in


@contextmanager
def on_lambda(**environ: str) -> Iterator[Wiring]:
    """The app with the environment that Lambda and the template add, until the block ends."""
    added = {"AWS_LAMBDA_FUNCTION_NAME": "overdue-test-function", "OVERDUE_STAGE": "test"} | environ
    with pytest.MonkeyPatch.context() as patch, stand_in(_as_the_api) as front:
        patch.setenv("OVERDUE_BASE_URL", front.base)
        for name, value in added.items():
            patch.setenv(name, value)
        runtime.wiring.cache_clear()
        yield runtime.wiring()
    runtime.wiring.cache_clear()


def _as_the_api(asked: Asked) -> Says:
    """What the function api answers to the sweep, which is another process there: it measures apart."""
    secret = Registry().badge_secret(now=utc("2026-03-01T12:00Z"))
    return Says(body=proof(secret, asked.path.rpartition("/")[2]).encode())


def measured(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """The metrics that have been written since the last call, a document each."""
    documents = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return [{metric["Name"]: each[metric["Name"]] for metric in _directive(each)["Metrics"]} for each in documents]


def _directive(document: dict[str, Any]) -> dict[str, Any]:
    [directive] = document["_aws"]["CloudWatchMetrics"]
    found: dict[str, Any] = directive
    return found
