"""Which of the signals that come to `overdue exec` count."""

import signal

import pytest

from overdue.exec.child import Heard


@pytest.mark.parametrize(
    ("came", "counted"),
    [
        pytest.param([("TERM", 0.0)], [True], id="a first one"),
        pytest.param([("TERM", 0.0), ("TERM", 0.003)], [True, False], id="the second that timeout(1) sends"),
        pytest.param([("TERM", 0.0), ("INT", 0.003)], [True, True], id="another one at once"),
        pytest.param([("TERM", 0.0), ("TERM", 1.99)], [True, False], id="the same just within 2 seconds"),
        pytest.param([("TERM", 0.0), ("TERM", 2.0)], [True, True], id="the same after 2 seconds"),
        pytest.param(
            [("TERM", 0.0), ("TERM", 1.5), ("TERM", 2.5)], [True, False, True], id="2 seconds from the one that counted"
        ),
        pytest.param(
            [("TERM", 0.0), ("HUP", 1.0), ("TERM", 1.5)], [True, True, False], id="one that stands between two others"
        ),
    ],
)
def test_a_signal_counts_unless_it_repeats_one_within_two_seconds(
    came: list[tuple[str, float]], counted: list[bool]
) -> None:
    heard = Heard()

    assert [heard.is_news(signal.Signals[f"SIG{name}"], at_s=at_s) for name, at_s in came] == counted
