"""Which cookies of a chain of redirects go along with its next request."""

import pytest

from chalicelib.domain.sources.probe import target
from chalicelib.probes.cookies import Cookies

SET_AT = "https://shop.example.com/a/b?c"


def sent(*lines: str, to: str, set_at: str = SET_AT) -> str:
    cookies = Cookies()
    cookies.take(lines, of=target(set_at))
    return cookies.header(target(to))


@pytest.mark.parametrize(
    ("line", "to", "header"),
    [
        pytest.param("a=1; Path=/", "https://shop.example.com/", "a=1", id="to the host that has set it"),
        pytest.param(
            "a=1; Path=/", "https://shop.example.com:8443/", "a=1", id="to another port of it (RFC 6265, 8.5)"
        ),
        pytest.param("a=1; Path=/", "https://example.com/", "", id="not to the domain above"),
        pytest.param("a=1; Path=/; Domain=example.com", "https://www.example.com/", "", id="whatever its Domain"),
        pytest.param("a=1; Path=/; Domain=evil.example", "https://evil.example/", "", id="nor to a foreign one"),
        pytest.param("a=1; Path=/", "http://shop.example.com/", "", id="what came over TLS goes over TLS only"),
        pytest.param("a=1", "https://shop.example.com/a/x", "a=1", id="to the folder that has set it"),
        pytest.param("a=1", "https://shop.example.com/", "", id="not to the folder above"),
        pytest.param("a=1; Path=/x", "https://shop.example.com/x/y", "a=1", id="below its path"),
        pytest.param("a=1; Path=/x", "https://shop.example.com/xy", "", id="not to a path that begins so"),
        pytest.param("a=1; Path=relative", "https://shop.example.com/a/", "a=1", id="a path that is none"),
        pytest.param('a="1"; path=/', "https://shop.example.com/", 'a="1"', id="quotes belong to it"),
        pytest.param("a=; Path=/", "https://shop.example.com/", "a=", id="an empty one"),
        pytest.param("a=1; Max-Age=0", "https://shop.example.com/a/", "", id="one that has ended"),
        pytest.param("a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "https://shop.example.com/a/", "", id="long ago"),
        pytest.param(
            "a=1; Max-Age=60; Expires=Thu, 01 Jan 1970", "https://shop.example.com/a/", "a=1", id="Max-Age wins"
        ),
        pytest.param("no pair; Path=/", "https://shop.example.com/", "", id="no pair"),
        pytest.param("=1; Path=/", "https://shop.example.com/", "", id="no name"),
        pytest.param("a=\r\nX: 1; Path=/", "https://shop.example.com/", "", id="a line end"),
        pytest.param("a=é; Path=/", "https://shop.example.com/", "", id="beyond ASCII"),
        pytest.param("a=" + "x" * 5_000 + "; Path=/", "https://shop.example.com/", "", id="longer than 4 kB"),
    ],
)
def test_a_cookie_goes_back_to_its_host_and_path_only(line: str, to: str, header: str) -> None:
    assert sent(line, to=to) == header


def test_a_secure_cookie_of_a_plain_answer_waits_for_tls() -> None:
    lines = ("a=1; Secure; Path=/", "b=2; Path=/")
    assert sent(*lines, to="http://shop.example.com/", set_at="http://shop.example.com/") == "b=2"
    assert sent(*lines, to="https://shop.example.com/", set_at="http://shop.example.com/") == "a=1; b=2"


def test_a_later_value_replaces_an_earlier_one_and_longer_paths_come_first() -> None:
    lines = ("a=1; Path=/", "b=2; Path=/a", "a=3; Path=/")
    assert sent(*lines, to="https://shop.example.com/a") == "b=2; a=3"


def test_a_cookie_is_deleted_by_one_that_has_ended() -> None:
    assert sent("a=1; Path=/", "b=2; Path=/", "a=; Max-Age=0; Path=/", to="https://shop.example.com/") == "b=2"


def test_as_many_are_kept_and_sent_as_fit_into_4_kb_and_never_more_than_50() -> None:
    many = sent(*(f"c{number}=x; Path=/" for number in range(1_000)), to="https://shop.example.com/")
    assert many.count(";") == 49
    large = sent(*(f"c{number}={'x' * 1_000}; Path=/" for number in range(10)), to="https://shop.example.com/")
    assert len(large) <= 4_096
    assert large.count(";") == 3
