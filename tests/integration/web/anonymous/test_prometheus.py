"""The page for Prometheus: states, and who may see it."""

import pytest

from chalicelib.domain.schedule.occurrences import Every
from tests.builders import hours, minutes, utc
from tests.integration.conftest import PING_KEY, Deployment
from tests.integration.web.calling import KEYS, Api

PAGE = "/projects/default/metrics"


def gauges(deployment: Deployment, at: str) -> dict[str, str]:
    """The values of the page's lines, by all that stands before them."""
    answer = deployment.request("GET", f"{PAGE}/{KEYS['ro']}", at=utc(at))
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
    return dict(line.rsplit(" ", 1) for line in lines)


def test_a_job_shows_as_up_late_and_down(deployment: Deployment) -> None:
    Api(deployment)
    code = deployment.add(name="backup", tags="prod db", schedule=Every(hours(1)), grace=minutes(5))
    deployment.ping(code, at=utc("2026-03-01T12:00Z"))
    seen = {}
    for at in ("12:59", "13:00", "13:05"):
        found = gauges(deployment, f"2026-03-01T{at}Z")
        [up] = [value for name, value in found.items() if name.startswith('hc_check_up{name="backup", tags="prod db"')]
        [grace] = [value for name, value in found.items() if name.startswith("hc_check_grace{")]
        tags = (found['hc_tag_up{tag="db"}'], found['hc_tag_up{tag="prod"}'])
        seen[at] = (up, grace, tags, found["hc_checks_total"], found["hc_checks_down_total"])
    assert seen == {
        "12:59": ("1", "0", ("1", "1"), "1", "0"),
        "13:00": ("1", "1", ("1", "1"), "1", "0"),
        "13:05": ("0", "0", ("0", "0"), "1", "1"),
    }


def test_a_tag_is_down_when_one_of_its_checks_is(deployment: Deployment) -> None:
    Api(deployment)
    deployment.add(name="one", tags="prod")
    deployment.ping(deployment.add(name="two", tags="prod"), "/fail")
    assert gauges(deployment, "2026-03-01T12:00Z")['hc_tag_up{tag="prod"}'] == "0"


def test_labels_hold_nothing_but_what_can_be_seen(deployment: Deployment) -> None:
    Api(deployment)
    deployment.add(name='C:\\ "x"\n\x1b[31mred\r\x07\u202e', slug="hostile", tags="a\x07 \x1b[1mb b")
    deployment.ping(deployment.add(name="other", tags="\x1b[2mb"), "/fail")
    found = gauges(deployment, "2026-03-01T12:00Z")

    [name] = [line for line in found if line.startswith("hc_check_up") and "red" in line]
    assert name.startswith(r'hc_check_up{name="C:\\ \"x\"\nred\n\\x07\\u202e", tags="a\\x07 b b", unique_key="')
    assert {line: value for line, value in found.items() if line.startswith("hc_tag_up")} == {
        r'hc_tag_up{tag="a\\x07"}': "1",
        'hc_tag_up{tag="b"}': "0",
    }


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        pytest.param(PAGE, {}, 401, id="no key"),
        pytest.param(f"{PAGE}/", {"Authorization": f"bearer {KEYS['ro']}"}, 200, id="a bearer in lower case"),
        pytest.param(f"{PAGE}/{KEYS['rw']}", {}, 403, id="a read-write key"),
        pytest.param(f"{PAGE}/{PING_KEY}", {}, 400, id="a ping key"),
        pytest.param(f"/projects/other/metrics/{KEYS['ro']}", {}, 403, id="another project's page"),
        pytest.param(f"/projects/default/{KEYS['ro']}", {}, 404, id="no page"),
        pytest.param(f"/projects/default/checks/metrics/{KEYS['ro']}", {}, 200, id="the old address"),
    ],
)
def test_only_a_read_only_key_of_the_project_opens_the_page(
    deployment: Deployment, path: str, headers: dict[str, str], status: int
) -> None:
    Api(deployment)
    assert deployment.request("GET", path, headers=headers).status == status


def test_the_page_is_only_looked_at(deployment: Deployment) -> None:
    assert deployment.request("POST", PAGE).status == 405
