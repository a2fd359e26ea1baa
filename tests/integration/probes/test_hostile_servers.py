"""Whatever bytes a server answers with: an exchange has an outcome, in time, and in words that can be shown."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.domain.sources.probe import Probe
from chalicelib.probes.address import networks
from chalicelib.probes.exchange import Answered, ProbeNetwork, exchange
from tests.answering import Answering, Connection, answering
from tests.builders import seconds
from tests.integration.probes.test_exchange import UNTRUSTING

CHARSETS = ("idna", "undefined", "a\0b", "utf-7", "utf-16", "utf-32", "punycode", "rot13", "hz", "iso2022_kr", "\xff")
LOCATIONS = ("http://[::1", "//[", "http://a]b/", "http://[v1.a]/", "//127.0.0.1:0/", "?", "#", "//@/", "/\0", "\x85")
NUMBERS = ("-1", "+5", "0x10", "1e3", "1_0", "٣", "", "9" * 5_000, "5, 5")
text = st.text(st.characters(max_codepoint=255), max_size=60)
value = st.one_of(text, st.sampled_from(CHARSETS + LOCATIONS + NUMBERS), st.just("x" * 70_000))
header = st.one_of(
    st.sampled_from(CHARSETS).map(lambda charset: f"Content-Type: text/plain; charset={charset}"),
    value.map(lambda charset: f"Content-Type: text/plain; charset={charset}"),
    st.sampled_from(LOCATIONS).map(lambda location: f"Location: {location}"),
    value.map(lambda location: f"Location: {location}"),
    value.map(lambda length: f"Content-Length: {length}"),
    value.map(lambda cookie: f"Set-Cookie: a={cookie}; Path={cookie}; Max-Age={cookie}"),
    st.just("Transfer-Encoding: chunked"),
    st.tuples(text, value).map(": ".join),
    text,
)
status = st.one_of(
    st.sampled_from(
        ("200 OK", "302 Found", "307", "103 Early Hints", "100", "101", "204", "304", "999", "99", "-1", "")
    ),
    text,
)
line_end = st.sampled_from(("\r\n", "\r\n", "\r\n", "\n", "\r"))
chunk = st.tuples(st.one_of(st.sampled_from(("1", "5", "0", "-5", "ffffffff", "zz", "1;x")), text), text)


@st.composite
def heads(draw: st.DrawFn) -> str:
    version, end = draw(st.sampled_from(("HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/2", "HTTP/", ""))), draw(line_end)
    return end.join([f"{version} {draw(status)}", *draw(st.lists(header, max_size=8)), "", ""])


body = st.one_of(
    text, st.lists(chunk, max_size=5).map(lambda each: "".join(f"{size}\r\n{of}\r\n" for size, of in each))
)
answers = st.one_of(
    st.binary(max_size=200),
    st.tuples(st.lists(heads(), min_size=1, max_size=4).map("".join), body).map(
        lambda parts: "".join(parts).encode("utf-8")
    ),
)


class Hostile:
    """A server whose answer changes from request to request."""

    def __init__(self) -> None:
        self.answer = b""

    def __call__(self, _: str, to: Connection) -> None:
        to.say(self.answer)


@pytest.fixture(scope="module")
def hostile() -> Iterator[tuple[Hostile, Answering]]:
    script = Hostile()
    with answering(script) as server:
        yield script, server


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(answer=answers, follows=st.booleans(), method=st.sampled_from(("GET", "HEAD", "POST")))
def test_whatever_a_server_sends_has_an_outcome_in_words(
    hostile: tuple[Hostile, Answering], answer: bytes, follows: bool, method: str
) -> None:
    script, server = hostile
    script.answer = answer
    way = ProbeNetwork(resolve=lambda _, __: ["127.0.0.1"], opened=networks("127.0.0.1/32"), tls=UNTRUSTING)
    probe = Probe(url=server.url(), method=method, timeout=seconds(5), follow_redirects=follows)  # type: ignore[arg-type]

    found = exchange(probe, way)

    assert found.took < seconds(6)
    if isinstance(found, Answered):
        assert 100 <= found.status <= 999
        assert len(found.text) <= 65_536
    else:
        assert found.why.startswith(("no answer: ", "TLS: "))
        assert found.why.isprintable()
        assert len(found.why) < 300
