"""Which URL of a watchdog a deploy writes into SSM."""

import pytest

from overdue.deploy.stage_secrets import watchdog_to_write

URL = "https://watchdog.example.com/abc"


@pytest.mark.parametrize(
    ("chosen", "known", "written"),
    [
        pytest.param(None, {}, None, id="a new stage without one"),
        pytest.param(URL, {}, URL, id="chosen now"),
        pytest.param(None, {"WatchdogUrl": URL}, URL, id="a stage of before the upgrade: it moves"),
        pytest.param(None, {"WatchdogUrl": ""}, None, id="moved already: SSM has it"),
        pytest.param(None, {"WatchdogUrl": "****"}, None, id="set by hand with the new template: it cannot be read"),
        pytest.param("", {"WatchdogUrl": URL}, "", id="no more"),
    ],
)
def test_what_goes_to_ssm(chosen: str | None, known: dict[str, str], written: str | None) -> None:
    assert watchdog_to_write(chosen, known=known) == written
