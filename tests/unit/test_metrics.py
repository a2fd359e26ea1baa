"""Metrics as CloudWatch reads them: the documents written out, and silence where there is no CloudWatch."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from chalicelib import log
from chalicelib.metrics import Meter, Tally
from overdue.local.gateway import Context

ON_LAMBDA = {"AWS_LAMBDA_FUNCTION_NAME": "overdue-prod-api", "OVERDUE_STAGE": "prod"}
AT_S = 1772366400.1234  # 2026-03-01T12:00:00.123Z


def test_a_ping_is_one_document_with_one_metric(capsys: pytest.CaptureFixture[str]) -> None:
    log.invoked(Context("8f5d3c1e-0b52-4f7e-9d3a-2f6c1a7b9e40"))
    meter = Meter.of(ON_LAMBDA)
    meter.tally.add("Pings")

    meter.tell({}, at_s=AT_S)

    [line] = capsys.readouterr().out.splitlines()
    assert json.loads(line) == {
        "_aws": {
            "Timestamp": 1772366400123,
            "CloudWatchMetrics": [
                {
                    "Namespace": "Overdue",
                    "Dimensions": [["Stage"]],
                    "Metrics": [{"Name": "Pings", "Unit": "Count"}],
                }
            ],
        },
        "Stage": "prod",
        "Pings": 1,
        "request_id": "8f5d3c1e-0b52-4f7e-9d3a-2f6c1a7b9e40",
    }


def test_what_was_counted_and_what_was_measured_share_a_document(capsys: pytest.CaptureFixture[str]) -> None:
    log.invoked(None)
    meter = Meter.of(ON_LAMBDA)
    meter.tally.add("Alerts", 2)
    meter.tally.add("Alerts")

    meter.tell({"SweepLag": 1.25, "Swept": 1}, at_s=AT_S)

    [line] = capsys.readouterr().out.splitlines()
    assert json.loads(line) == {
        "_aws": {
            "Timestamp": 1772366400123,
            "CloudWatchMetrics": [
                {
                    "Namespace": "Overdue",
                    "Dimensions": [["Stage"]],
                    "Metrics": [
                        {"Name": "Alerts", "Unit": "Count"},
                        {"Name": "SweepLag", "Unit": "Seconds"},
                        {"Name": "Swept", "Unit": "Count"},
                    ],
                }
            ],
        },
        "Stage": "prod",
        "Alerts": 3,
        "SweepLag": 1.25,
        "Swept": 1,
    }


def test_what_has_been_told_is_not_told_again(capsys: pytest.CaptureFixture[str]) -> None:
    meter = Meter.of(ON_LAMBDA)
    meter.tally.add("Pings")
    meter.tell({}, at_s=AT_S)
    capsys.readouterr()

    meter.tell({}, at_s=AT_S)

    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "environ",
    [
        pytest.param({}, id="nothing is known"),
        pytest.param({"OVERDUE_STAGE": "prod"}, id="a stage, but no Lambda: a shell that deploys"),
        pytest.param({"AWS_LAMBDA_FUNCTION_NAME": "overdue-prod-api"}, id="no stage"),
        pytest.param({"AWS_LAMBDA_FUNCTION_NAME": "overdue-prod-api", "OVERDUE_STAGE": ""}, id="an empty stage"),
    ],
)
def test_nothing_is_written_outside_of_a_deployment(
    environ: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    meter = Meter.of(environ)
    meter.tally.add("Pings")

    meter.tell({"Swept": 1}, at_s=AT_S)

    assert capsys.readouterr().out == ""


def test_threads_that_count_at_once_lose_nothing() -> None:
    tally = Tally()

    def count(number: int) -> None:
        for _ in range(number):
            tally.add("Alerts")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(count, [1000] * 8))

    assert tally.take() == {"Alerts": 8000}
