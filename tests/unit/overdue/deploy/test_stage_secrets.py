"""The watchdog URL that a deploy writes to SSM."""

import pytest

from overdue.deploy.stage_secrets import watchdog_to_write

URL = "https://watchdog.example.com/abc"


@pytest.mark.parametrize(
    ("chosen", "known", "written"),
    [
        pytest.param(None, {}, None, id="a new stage without a watchdog"),
        pytest.param(URL, {}, URL, id="given now"),
        pytest.param(None, {"WatchdogUrl": URL}, URL, id="a stage from before the upgrade: the URL moves"),
        pytest.param(None, {"WatchdogUrl": ""}, None, id="already moved to SSM"),
        pytest.param(None, {"WatchdogUrl": "****"}, None, id="set by hand with the new template: unreadable"),
        pytest.param("", {"WatchdogUrl": URL}, "", id="removed"),
    ],
)
def test_the_url_that_is_written_to_ssm(chosen: str | None, known: dict[str, str], written: str | None) -> None:
    assert watchdog_to_write(chosen, known=known) == written
