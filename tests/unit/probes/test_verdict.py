"""What an exchange means: slow, missing and broken told apart, the first that is wrong told."""

from datetime import datetime, timedelta

import pytest

from chalicelib.domain.sources.probe import Probe
from chalicelib.probes.exchange import Answered, Unanswered
from chalicelib.probes.verdict import Finding, after_another, finding, spoken
from tests.builders import days, hours, seconds, utc

NOW = utc("2026-11-25T12:00Z")
LATENCY, NEXT_YEAR = seconds(0.142), utc("2027-02-01T00:00Z")
URL = "https://shop.example.com/"


def an_answer(
    *,
    status: int = 200,
    text: str = "Welcome to the shop",
    is_cut: bool = False,
    took: timedelta = LATENCY,
    certificate_ends: datetime | None = NEXT_YEAR,
) -> Answered:
    return Answered(status=status, text=text, is_cut=is_cut, took=took, certificate_ends=certificate_ends)


@pytest.mark.parametrize(
    ("probe", "answer", "text"),
    [
        pytest.param(Probe(url=URL), an_answer(), "status 200 in 142 ms", id="all is well"),
        pytest.param(
            Probe(url=URL, expect_status="2xx,301"), an_answer(status=301), "status 301 in 142 ms", id="one of several"
        ),
        pytest.param(Probe(url=URL, expect_text="shop"), an_answer(), "status 200 in 142 ms", id="the text is there"),
        pytest.param(
            Probe(url=URL, slow=seconds(3)), an_answer(took=seconds(3)), "status 200 in 3 s", id="at the limit"
        ),
        pytest.param(
            Probe(url=URL, certificate_days=0),
            an_answer(certificate_ends=NOW + hours(1)),
            "status 200 in 142 ms",
            id="the end of the certificate is not looked at",
        ),
        pytest.param(
            Probe(url=URL),
            an_answer(certificate_ends=NOW + days(14) + seconds(1)),
            "status 200 in 142 ms",
            id="a second more than the limit",
        ),
    ],
)
def test_a_good_answer_tells_its_status_and_latency(probe: Probe, answer: Answered, text: str) -> None:
    assert finding(probe, answer, now=NOW) == Finding(is_good=True, text=text, took=answer.took)


@pytest.mark.parametrize(
    ("probe", "answer", "text"),
    [
        pytest.param(Probe(url=URL), an_answer(status=503), "status 503, expected 200", id="broken: status"),
        pytest.param(
            Probe(url=URL, expect_status="2xx,301"),
            an_answer(status=302),
            "status 302, expected 2xx,301",
            id="none of several",
        ),
        pytest.param(
            Probe(url=URL, expect_text="Add to cart"), an_answer(), 'text "Add to cart" not found', id="broken: text"
        ),
        pytest.param(
            Probe(url=URL, expect_text="</html>"),
            an_answer(is_cut=True),
            'text "</html>" not found in the first 64 kB',
            id="broken: text, of a long answer",
        ),
        pytest.param(
            Probe(url=URL, slow=seconds(3)), an_answer(took=seconds(4.2)), "slow: 4.2 s, limit 3 s", id="slow"
        ),
        pytest.param(
            Probe(url=URL, slow=seconds(0.5)),
            an_answer(took=seconds(0.812)),
            "slow: 812 ms, limit 500 ms",
            id="slow, ms",
        ),
        pytest.param(
            Probe(url=URL),
            an_answer(certificate_ends=utc("2026-12-01T18:00Z")),
            "certificate expires in 6 days (2026-12-01), limit 14 days",
            id="the certificate ends soon",
        ),
        pytest.param(
            Probe(url=URL),
            an_answer(certificate_ends=NOW + days(14)),
            "certificate expires in 14 days (2026-12-09), limit 14 days",
            id="the certificate, at the limit",
        ),
        pytest.param(
            Probe(url=URL),
            an_answer(certificate_ends=NOW + hours(30)),
            "certificate expires in 30 hours (2026-11-26), limit 14 days",
            id="the certificate ends tomorrow",
        ),
        pytest.param(
            Probe(url=URL, slow=seconds(1), expect_text="x y z"),
            an_answer(status=500, took=seconds(9), certificate_ends=NOW + days(1)),
            "status 500, expected 200",
            id="the status goes before all else",
        ),
        pytest.param(
            Probe(url=URL, slow=seconds(1)),
            an_answer(took=seconds(9), certificate_ends=NOW + days(2)),
            "certificate expires in 2 days (2026-11-27), limit 14 days",
            id="the certificate goes before the speed",
        ),
    ],
)
def test_a_bad_answer_tells_the_first_that_is_wrong(probe: Probe, answer: Answered, text: str) -> None:
    assert finding(probe, answer, now=NOW) == Finding(is_good=False, text=text, took=answer.took)


def test_no_answer_tells_why_there_is_none() -> None:
    nothing = Unanswered(why="no answer: connection refused", took=seconds(0.01))

    assert finding(Probe(url=URL), nothing, now=NOW) == Finding(
        is_good=False, text="no answer: connection refused", took=seconds(0.01)
    )


GOOD = Finding(is_good=True, text="status 200 in 90 ms", took=seconds(0.09))
BAD = Finding(is_good=False, text="status 503, expected 200", took=seconds(0.02))
WORSE = Finding(is_good=False, text="no answer: connection refused", took=seconds(0.01))


def test_a_second_try_that_succeeds_is_a_success_that_tells_of_the_first() -> None:
    assert after_another(GOOD, BAD) == Finding(
        is_good=True,
        text="status 200 in 90 ms, at the second try (first: status 503, expected 200)",
        took=seconds(0.09),
    )


def test_of_two_failures_the_second_counts() -> None:
    assert after_another(WORSE, BAD) == WORSE


@pytest.mark.parametrize(
    ("span", "text"),
    [(0.0004, "0 ms"), (0.142, "142 ms"), (0.9994, "999 ms"), (1.0, "1 s"), (3.04, "3.04 s"), (12.34, "12.3 s")],
)
def test_a_latency_is_spoken_with_the_digits_that_matter(span: float, text: str) -> None:
    assert spoken(seconds(span)) == text
