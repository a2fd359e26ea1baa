"""Which of the signals that `overdue exec` receives count."""

import signal

import pytest

from overdue.exec.child import Heard


@pytest.mark.parametrize(
    ("received", "counted"),
    [
        pytest.param([("TERM", 0.0)], [True], id="the first signal"),
        pytest.param([("TERM", 0.0), ("TERM", 0.003)], [True, False], id="the second one that timeout(1) sends"),
        pytest.param([("TERM", 0.0), ("INT", 0.003)], [True, True], id="a different signal at once"),
        pytest.param([("TERM", 0.0), ("TERM", 1.99)], [True, False], id="the same just within 2 seconds"),
        pytest.param([("TERM", 0.0), ("TERM", 2.0)], [True, True], id="the same after 2 seconds"),
        pytest.param(
            [("TERM", 0.0), ("TERM", 1.5), ("TERM", 2.5)],
            [True, False, True],
            id="2 seconds from the last that counted",
        ),
        pytest.param([("TERM", 0.0), ("HUP", 1.0), ("TERM", 1.5)], [True, True, False], id="another one in between"),
    ],
)
def test_a_signal_counts_unless_it_repeats_one_within_two_seconds(
    received: list[tuple[str, float]], counted: list[bool]
) -> None:
    heard = Heard()

    assert [heard.is_news(signal.Signals[f"SIG{name}"], at_s=at_s) for name, at_s in received] == counted
