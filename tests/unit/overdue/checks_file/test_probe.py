"""Probes in a file of checks: how they are read, written, sent, and told apart from what is there."""

from textwrap import dedent
from typing import Any

import pytest

from chalicelib.domain.sources.probe import Probe
from overdue.checks_file.fields import completed
from overdue.checks_file.file import InvalidFile, read
from overdue.checks_file.plan import Create, Update, plan
from overdue.checks_file.wire import Labels, body_of, settings_of
from overdue.checks_file.writing import written
from tests.builders import minutes, seconds

URL = "https://shop.example.com/"
NO_LABELS = Labels({})


def settings(text: str) -> dict[str, Any]:
    [wanted] = read(dedent(text), name="checks.yaml")
    return dict(wanted.settings)


def refusal(text: str) -> str:
    with pytest.raises(InvalidFile) as refused:
        read(dedent(text), name="checks.yaml")
    return str(refused.value)


def test_a_url_is_a_probe_of_every_minute() -> None:
    found = settings(f"checks: {{shop: {{probe: '{URL}'}}}}")

    assert (found["probe"], found["every"], found["schedule"], found["grace"]) == (
        Probe(url=URL),
        minutes(1),
        None,
        minutes(6),
    )


def test_a_table_says_what_is_asked_and_what_is_good() -> None:
    found = settings("""
        defaults: {schedule: "0 2 * * *"}
        checks:
          shop:
            every: 5m
            probe:
              url: https://shop.example.com/
              method: POST
              headers: {Authorization: Bearer x}
              expect_status: 200
              expect_text: "Add to cart"
              timeout: 2.5s
              follow_redirects: false
              certificate_days: 7
              slow: 800ms
        """)

    assert (found["every"], found["schedule"], found["grace"]) == (minutes(5), None, minutes(10))
    assert found["probe"] == Probe(
        url=URL,
        method="POST",
        headers=(("Authorization", "Bearer x"),),
        expect_status="200",
        expect_text="Add to cart",
        timeout=seconds(2.5),
        follow_redirects=False,
        certificate_days=7,
        slow=seconds(0.8),
    )


@pytest.mark.parametrize(
    ("probe", "problem"),
    [
        ("ftp://example.com/", 'checks.yaml:1: shop: url "ftp://example.com/": a probe asks http://'),
        ("{method: GET}", "checks.yaml:1: shop: probe takes a URL, or a table with a url"),
        ("[a]", "checks.yaml:1: shop: probe takes a URL, or a table with a url"),
        (f"{{url: '{URL}', every: 5m}}", 'probe: there is no field "every" in it. It is a field of the check itself'),
        (f"{{url: '{URL}', body: x}}", 'probe: there is no field "body" in it. Known are: url, method'),
        (f"{{url: '{URL}', timeout: 1m}}", 'probe.timeout "1m" is too long: use 1s to 20s'),
        (f"{{url: '{URL}', slow: 15s}}", "slow 15 s: it must be below the timeout, 10 s"),
        (f"{{url: '{URL}', headers: x}}", "probe.headers takes each value below its name"),
        (f"{{url: '{URL}', follow_redirects: yes}}", 'probe.follow_redirects "yes" is neither true'),
    ],
)
def test_what_is_wrong_with_a_probe_is_told_with_its_line(probe: str, problem: str) -> None:
    assert problem in refusal(f"checks: {{shop: {{probe: {probe}}}}}")


def test_all_that_is_wrong_with_a_probe_is_told_at_once_each_at_its_own_line() -> None:
    text = """\
        checks:
          shop:
            probe:
              slow: 15s
              url: ftp://x
              timeout: 99d
              bogus: 1
              expect_status: 9999
              method: HEAD
              expect_text: OK
        """
    assert [line.removeprefix("checks.yaml:")[:40] for line in refusal(text).splitlines()] == [
        '5: shop: url "ftp://x": a probe asks htt',
        '6: shop: probe.timeout "99d" is too long',
        '7: shop: probe: there is no field "bogus',
        '8: shop: expect_status "9999": write 200',
        "10: shop: expect_text: an answer to HEAD",
    ]


def test_a_probe_beside_a_schedule_is_a_contradiction() -> None:
    text = f"checks: {{shop: {{probe: '{URL}', schedule: '0 2 * * *'}}}}"

    assert "shop: probe: a probed check is expected as often as it is probed" in refusal(text)


@pytest.mark.parametrize(
    "probe",
    [
        Probe(url=URL),
        Probe(url=f"{URL}?a=b&c=[d],{{e}}", expect_text='"quoted", {braced} # and: more', expect_status="2xx,301"),
        Probe(url=URL, headers=(("X-A", "a, b"), ("X-B", "true")), timeout=seconds(1.5), slow=seconds(0.25)),
        Probe(url=URL, method="HEAD", follow_redirects=False, certificate_days=0),
    ],
)
def test_a_probe_that_is_written_is_read_as_the_same(probe: Probe) -> None:
    assert settings(f"checks: {{shop: {{probe: {written('probe', probe)}}}}}")["probe"] == probe


def test_the_api_gets_the_period_within_the_probe() -> None:
    found = completed({"probe": Probe(url=URL), "every": minutes(5)}, slug="shop", defaults={})

    body = body_of(found, ["every", "probe", "grace"], NO_LABELS)

    assert (body["grace"], "timeout" in body) == (600, False)
    assert body["probe"] == {
        "url": URL,
        "method": "GET",
        "headers": {},
        "expect_status": "200",
        "expect_text": "",
        "timeout": 10,
        "every": 300,
        "follow_redirects": True,
        "certificate_days": 14,
        "slow": None,
    }


def there(**fields: Any) -> Any:
    """A check as the API shows it."""
    plain = {"slug": "shop", "name": "shop", "tags": "", "uuid": "u", "n_pings": 0, "every_channel": True}
    return plain | {"timeout": 300, "grace": 600} | fields


def asked(every: int) -> dict[str, Any]:
    """The probe that the API shows of a check that is probed every so many seconds."""
    body: dict[str, Any] = body_of(
        completed({"probe": Probe(url=URL), "every": seconds(every)}, slug="shop", defaults={}), ["probe"], NO_LABELS
    )
    return dict(body["probe"])


@pytest.mark.parametrize(
    ("text", "probe", "changes"),
    [
        pytest.param(f"{{every: 5m, probe: '{URL}'}}", asked(300), set(), id="as it is"),
        pytest.param(f"{{every: 5m, probe: '{URL}'}}", asked(300) | {"newer": 1}, set(), id="with a newer field"),
        pytest.param(f"{{every: 10m, grace: 10m, probe: '{URL}'}}", asked(300), {"every"}, id="another period"),
        pytest.param(f"{{every: 5m, probe: '{URL}x'}}", asked(300), {"probe"}, id="another URL"),
        pytest.param("{every: 5m, grace: 10m}", asked(300), {"probe"}, id="none any more"),
    ],
)
def test_the_plan_names_what_differs_and_always_sends_a_whole_probe(
    text: str, probe: dict[str, Any], changes: set[str]
) -> None:
    wanted = read(f"checks: {{shop: {text}}}", name="checks.yaml")

    steps = plan(wanted, [there(probe=probe)], NO_LABELS, prune=False).steps

    assert {change.name for step in steps if isinstance(step, Update) for change in step.changes} == changes
    for step in steps:
        assert not isinstance(step, Create)
        assert set(getattr(step, "body", {})) == {"probe"}


def test_a_check_without_a_probe_reads_as_off() -> None:
    assert settings_of(there(probe=None), NO_LABELS)["probe"] is settings_of(there(), NO_LABELS)["probe"] is None
