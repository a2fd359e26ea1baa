"""What a ping says: its URL, its verb, its body, the check's filters (docs/reference/wire.md, Pings)."""

import pytest

from chalicelib.domain.check import Status
from chalicelib.domain.config import Filters
from chalicelib.domain.ping import Signal, heard, last_words, tail
from tests.builders import a_check, a_ping, utc

SUCCESS, START, FAIL, LOG, IGN = Signal.SUCCESS, Signal.START, Signal.FAIL, Signal.LOG, Signal.IGN
NOON = utc("2026-03-01T12:00Z")
WORDS = Filters(http_body=True, start_kw="begin", success_kw="done", failure_kw="error")


def said(filters: Filters, body: str | bytes = "", signal: Signal = SUCCESS, method: str = "POST") -> Signal:
    return heard(a_check(filters=filters), a_ping(signal, at=NOON, body=body, method=method))


@pytest.mark.parametrize("signal", list(Signal))
def test_without_filters_the_url_says_it(signal: Signal) -> None:
    assert said(Filters(), "error", signal) is signal


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"])
@pytest.mark.parametrize("signal", [SUCCESS, START, FAIL, LOG])
def test_a_check_that_takes_only_post_ignores_other_verbs(signal: Signal, method: str) -> None:
    assert said(Filters(methods="POST"), signal=signal, method=method) is IGN


@pytest.mark.parametrize("signal", [SUCCESS, START, FAIL, LOG])
def test_a_check_that_takes_only_post_takes_post(signal: Signal) -> None:
    assert said(Filters(methods="POST"), signal=signal) is signal


def test_the_verb_is_looked_at_before_the_body() -> None:
    assert said(Filters(methods="POST", http_body=True, failure_kw="error"), "error", method="GET") is IGN


@pytest.mark.parametrize(
    ("body", "signal"),
    [
        pytest.param("begin done error", FAIL, id="failure goes before success"),
        pytest.param("begin done", SUCCESS, id="success goes before start"),
        pytest.param("begin", START, id="start"),
        pytest.param("abandoned", SUCCESS, id="inside a word"),
        pytest.param("DONE", IGN, id="the case of letters counts"),
        pytest.param("something else", IGN, id="none found"),
        pytest.param("", IGN, id="an empty body"),
        pytest.param(b"\xff\xfe done \xff", SUCCESS, id="no UTF-8, decoded with replacement"),
    ],
)
def test_a_keyword_in_the_body_decides(body: str | bytes, signal: Signal) -> None:
    assert said(WORDS, body) is signal


@pytest.mark.parametrize("url", [FAIL, LOG, START, SUCCESS])
def test_a_keyword_overrides_the_urls_action(url: Signal) -> None:
    assert said(WORDS, "done", url) is SUCCESS


@pytest.mark.parametrize("url", [FAIL, LOG, START, SUCCESS])
@pytest.mark.parametrize(
    ("default_fail", "signal"),
    [
        pytest.param(False, IGN, id="ignored"),
        pytest.param(True, FAIL, id="a failure, with filter_default_fail"),
    ],
)
def test_where_no_keyword_is_found_the_url_does_not_count_either(
    url: Signal, default_fail: bool, signal: Signal
) -> None:
    assert said(Filters(http_body=True, success_kw="done", default_fail=default_fail), "x", url) is signal


@pytest.mark.parametrize(
    ("keywords", "body", "signal"),
    [
        pytest.param("ok, fine ,good", "all is fine", SUCCESS, id="between commas, without the spaces around them"),
        pytest.param("all fine", "it is all fine", SUCCESS, id="spaces inside do"),
        pytest.param("", "x", IGN, id="no keywords at all"),
        pytest.param(" , ,", "a , b", IGN, id="empty keywords are none"),
        pytest.param("✔", "fertig ✔", SUCCESS, id="beyond ASCII"),
    ],
)  # fmt: skip
def test_the_list_of_keywords(keywords: str, body: str, signal: Signal) -> None:
    assert said(Filters(http_body=True, success_kw=keywords), body) is signal


def test_filters_of_mails_do_not_touch_requests() -> None:
    assert said(Filters(subject=True, body=True, failure_kw="error", default_fail=True), "error") is SUCCESS


@pytest.mark.parametrize("signal", [SUCCESS, START, FAIL, LOG])
@pytest.mark.parametrize(
    ("status", "manual_resume", "is_ignored"),
    [
        (Status.PAUSED, True, True),
        (Status.PAUSED, False, False),
        (Status.NEW, True, False),
        (Status.UP, True, False),
        (Status.DOWN, True, False),
    ],
)
def test_only_a_paused_check_with_manual_resume_ignores_everything(
    status: Status, manual_resume: bool, is_ignored: bool, signal: Signal
) -> None:
    check = a_check(status=status, since=NOON, last_success=NOON, manual_resume=manual_resume)
    assert heard(check, a_ping(signal, at=NOON)) is (IGN if is_ignored else signal)


# The end of a body.


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        pytest.param(b"", "", id="nothing"),
        pytest.param(b"  disk full \n", "disk full", id="space around it goes"),
        pytest.param(b"a" + b"b" * 120, "b" * 120, id="120 characters, the last ones"),
        pytest.param(("é" * 130).encode(), "é" * 120, id="characters, not bytes"),
        pytest.param(("🙂" * 121).encode() + b"\n", "🙂" * 120, id="four bytes each, and no half one"),
        pytest.param(b"disk full" + b"\n" * 1000, "disk full", id="followed by a thousand empty lines"),
        pytest.param(b"\xff!", "\ufffd!", id="no UTF-8"),
    ],
)
def test_a_row_shows_the_last_120_characters(body: bytes, kept: str) -> None:
    assert last_words(body) == kept


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        pytest.param(b"", "", id="nothing"),
        pytest.param(
            "\n".join(str(n) for n in range(12)).encode(), "\n".join(str(n) for n in range(2, 12)), id="ten lines"
        ),
        pytest.param(b"  indented\n\n", "  indented", id="empty lines at the end go, spaces stay"),
        pytest.param(b"a" + b"b" * 1000, "b" * 1000, id="1,000 characters"),
        pytest.param(b"disk full" + b"\r\n" * 5000, "disk full", id="followed by thousands of empty lines"),
    ],
)
def test_an_alert_tells_the_last_ten_lines(body: bytes, kept: str) -> None:
    assert tail(body) == kept
