"""One exchange with real servers on loopback: what they do wrong is told, in time, and nobody is led inside."""

import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from chalicelib.domain.sources.probe import Probe
from chalicelib.probes.address import Network, networks, resolved
from chalicelib.probes.exchange import Answered, Exchange, ProbeNetwork, Unanswered, exchange
from tests.answering import Answering, Authority, Connection, Script, answering, saying
from tests.builders import days, seconds

HERE = networks("127.0.0.1/32")  # so that 127.0.0.2 is an inside address
NOW = datetime.now(UTC)
LAST_HEADERS = "Accept: */*\r\nAccept-Encoding: identity\r\nConnection: close\r\n\r\n"
UNTRUSTING = ssl.create_default_context()


def ask(
    url: str,
    *,
    resolve: Callable[[str, int], Sequence[str]] = resolved,
    opened: Sequence[Network] = HERE,
    tls: ssl.SSLContext = UNTRUSTING,
    **probe: object,
) -> Exchange:
    asked = replace(Probe(url=url, timeout=seconds(5)), **probe)  # type: ignore[arg-type]  # fields by their names
    return exchange(asked, ProbeNetwork(resolve=resolve, opened=opened, tls=tls))


def answered(found: Exchange) -> Answered:
    assert isinstance(found, Answered), found
    return found


def why_not(found: Exchange) -> str:
    assert isinstance(found, Unanswered), found
    return found.why


@pytest.fixture
def shop() -> Iterator[Answering]:
    with answering(saying(body="Welcome")) as server:
        yield server


def test_an_answer_is_told_with_status_text_and_latency(shop: Answering) -> None:
    found = answered(ask(shop.url("/a?b=c")))

    assert (found.status, found.text, found.is_cut, found.certificate_ends) == (200, "Welcome", False, None)
    assert timedelta(0) < found.took < seconds(5)
    assert shop.asked == [
        f"GET /a?b=c HTTP/1.1\r\nHost: 127.0.0.1:{shop.port}\r\nUser-Agent: Overdue-Probe\r\n{LAST_HEADERS}"
    ]


def test_a_probe_sends_its_method_and_headers_instead_of_its_own(shop: Answering) -> None:
    ask(shop.url(), method="POST", headers=(("Authorization", "Bearer x"), ("user-agent", "Mine")))

    [asked] = shop.asked
    assert asked.startswith("POST / HTTP/1.1\r\n")
    assert "Authorization: Bearer x\r\n" in asked
    assert "user-agent: Mine\r\n" in asked
    assert "Overdue-Probe" not in asked
    assert "Content-Length: 0\r\n" in asked


def test_an_answer_to_head_has_no_text() -> None:
    with answering(lambda _, to: to.say("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n")) as server:
        assert answered(ask(server.url(), method="HEAD")).text == ""


def test_a_status_is_told_whatever_it_is() -> None:
    with answering(saying("503 Service Unavailable")) as server:
        assert answered(ask(server.url())).status == 503


def test_the_text_is_read_in_its_own_charset_and_in_chunks() -> None:
    script: Script = lambda _, to: to.say(  # noqa: E731
        "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=iso-8859-1\r\nTransfer-Encoding: chunked\r\n\r\n"
        "4\r\nGr\xfc\xdf\r\n1\r\ne\r\n0\r\n\r\n".encode("latin-1")
    )
    with answering(script) as server:
        assert answered(ask(server.url())).text == "Grüße"


A_WHOLE_ONE = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nHello"


def hang(_: str, to: Connection) -> None:
    to.wait(10)


def drip(_: str, to: Connection) -> None:
    """Each read gets something, and would go on for ever."""
    to.say("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for __ in range(1000):
        to.say(".")
        to.wait(0.05)


def drip_headers(_: str, to: Connection) -> None:
    to.say("HTTP/1.1 200 OK\r\n")
    for number in range(90):
        to.say(f"X-{number}: .\r\n")
        to.wait(0.05)


def flood(_: str, to: Connection) -> None:
    to.say("HTTP/1.1 200 OK\r\n\r\n")
    for __ in range(100_000):
        to.say(b"x" * 65_536)


@pytest.mark.parametrize(
    ("script", "why"),
    [
        pytest.param(hang, "no answer: nothing came within 1 s", id="hangs"),
        pytest.param(drip, "no answer: the answer was not complete within 1 s", id="drips its text"),
        pytest.param(drip_headers, "no answer: nothing came within 1 s", id="drips its headers"),
        pytest.param(lambda _, __: None, "no answer: the connection was closed before one came", id="says nothing"),
        pytest.param(
            lambda _, to: to.say("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"),
            "no answer: the connection was closed in the midst of it",
            id="breaks off",
        ),
        pytest.param(
            lambda _, to: to.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf"),
            "no answer: the connection was closed in the midst of it",
            id="breaks off within a chunk",
        ),
        pytest.param(
            lambda _, to: to.say("SSH-2.0-OpenSSH_9.6\r\n"),
            "no answer: what came is not HTTP (BadStatusLine)",
            id="is no web server",
        ),
        pytest.param(
            lambda _, to: to.say("HTTP/1.1 200 OK\r\n" + "X: y\r\n" * 200 + "\r\n"),
            "no answer: its header has more than 100 lines",
            id="has too many headers",
        ),
        pytest.param(
            lambda _, to: to.say("HTTP/1.1 200 OK\r\nX: " + "y" * 65_536 + "\r\n\r\n"),
            "no answer: a line of its header is longer than 64 kB",
            id="has a long header",
        ),
        pytest.param(
            lambda _, to: to.say("HTTP/1.1 200 OK\r\n" + ("X: " + "y" * 60_000 + "\r\n") * 10 + "\r\n"),
            "no answer: its header is larger than 256 kB",
            id="has many long headers",
        ),
        pytest.param(
            lambda _, to: to.say("HTTP/1.1 100 Continue\r\n\r\n" * 100_000),
            "no answer: its header is larger than 256 kB",
            id="says 100 for ever",
        ),
        pytest.param(
            lambda _, to: to.say("HTTP/1.1 103 Early Hints\r\n\r\n" * 11 + "HTTP/1.1 200 OK\r\n\r\n"),
            "no answer: more than 10 interim answers (1xx) came instead",
            id="says 103 for ever",
        ),
        pytest.param(
            lambda _, to: to.say("HTTP/1.1 103 Early Hints\r\n\r\n"),
            "no answer: the connection was closed before one came",
            id="says 103 and nothing more",
        ),
        pytest.param(
            lambda _, to: to.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + "1\r\nx\r\n" * 60_000),
            "no answer: its chunks are too small: 256 kB came for less than 64 kB of text",
            id="dribbles its text",
        ),
        pytest.param(
            lambda _, to: to.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n" + "x" * 1_000_000),
            "no answer: what came is not HTTP (ValueError)",
            id="has a chunk of less than nothing",
        ),
    ],
)
def test_no_whole_answer_is_told_by_what_has_happened_instead(script: Script, why: str) -> None:
    with answering(script) as server:
        found = ask(server.url(), timeout=seconds(1))

    assert why_not(found) == why
    assert found.took < seconds(2)


@pytest.mark.parametrize("charset", ["idna", "undefined", "punycode", "unicode_escape", "RAW-UNICODE-ESCAPE", "a\0b"])
def test_a_charset_that_is_no_text_encoding_is_no_answer(charset: str) -> None:
    with answering(saying("200 OK", "OK", f"Content-Type: text/plain; charset={charset}")) as server:
        shown = charset.replace("\0", "\N{REPLACEMENT CHARACTER}")
        assert why_not(ask(server.url())) == f'no answer: its charset "{shown}" is not a text encoding'


@pytest.mark.parametrize("charset", ["nobody-knows-it", "zip", '"', "x" * 5_000, '"utf-8"', "../os"])
def test_a_text_whose_charset_is_not_known_is_read_as_utf_8(charset: str) -> None:
    with answering(saying("200 OK", "Grüße", f"Content-Type: text/plain; charset={charset}")) as server:
        assert answered(ask(server.url())).text == "Grüße"


def test_interim_answers_are_skipped() -> None:
    hints = "HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n"
    with answering(lambda _, to: to.say(f"{hints}HTTP/1.1 100 Continue\r\n\r\n{hints}{A_WHOLE_ONE}")) as server:
        found = answered(ask(server.url()))
    assert (found.status, found.text) == (200, "Hello")


def test_interim_answers_may_come_one_by_one() -> None:
    def script(_: str, to: Connection) -> None:
        for part in ("HTTP/1.1 103 Early", " Hints\r\n\r", "\nHTTP/1.1 103 Early Hints\r\n\r\n", A_WHOLE_ONE):
            to.say(part)
            to.wait(0.05)

    with answering(script) as server:
        assert answered(ask(server.url())).text == "Hello"


def test_a_switch_of_protocols_is_an_answer_as_nothing_of_http_follows() -> None:
    with answering(lambda _, to: to.say("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n\x81\x05")) as server:
        assert answered(ask(server.url())).status == 101


def test_of_a_long_answer_the_first_64_kb_are_read() -> None:
    with answering(flood) as server:
        found = answered(ask(server.url()))

    assert (len(found.text), found.is_cut) == (65_536, True)


def test_a_closed_port_refuses() -> None:
    with answering(hang) as server:
        url = server.url()

    assert why_not(ask(url)) == "no answer: connection refused"


def test_a_name_that_is_not_known_says_so() -> None:
    assert why_not(ask("http://nobody.invalid/")).startswith("no answer: nobody.invalid has no address in the DNS")


def test_a_resolver_that_hangs_ends_with_the_deadline() -> None:
    over = threading.Event()

    def resolve(_: str, __: int) -> Sequence[str]:
        over.wait(10)
        return ["127.0.0.1"]

    found = ask("http://slow.example.com/", resolve=resolve, timeout=seconds(1))
    over.set()

    assert why_not(found) == "no answer: the DNS did not tell the address of slow.example.com in time"


def redirecting(*steps: tuple[str, str]) -> Script:
    """Each path leads to its location; all others say what they are."""
    places = dict(steps)

    def script(asked: str, to: Connection) -> None:
        path = asked.split(" ")[1]
        if path in places:
            to.say(f"HTTP/1.1 302 Found\r\nLocation: {places[path]}\r\nContent-Length: 0\r\n\r\n")
        else:
            saying(body=f"this is {path}")(asked, to)

    return script


def test_redirects_are_followed_to_their_end() -> None:
    with answering(redirecting(("/", "/a"), ("/a", "b/c?d"))) as server:
        assert answered(ask(server.url())).text == "this is /b/c?d"


def test_a_redirect_is_the_answer_where_it_is_not_to_be_followed() -> None:
    with answering(redirecting(("/", "/a"))) as server:
        assert answered(ask(server.url(), follow_redirects=False)).status == 302


def test_five_redirects_are_followed_and_not_a_sixth() -> None:
    five = [(f"/{number}", f"/{number + 1}") for number in range(1, 6)]
    with answering(redirecting(*five, ("/0", "/1"))) as server:
        assert answered(ask(server.url("/1"))).text == "this is /6"
        assert why_not(ask(server.url("/0"))) == "no answer: more than 5 redirects"


def test_a_loop_of_redirects_ends() -> None:
    with answering(redirecting(("/", "/"))) as server:
        assert why_not(ask(server.url())) == "no answer: more than 5 redirects"
        assert len(server.asked) == 6


def test_all_hops_together_have_one_deadline() -> None:
    def slowly(asked: str, to: Connection) -> None:
        to.wait(0.4)
        redirecting(("/", "/a"), ("/a", "/b"), ("/b", "/c"))(asked, to)

    with answering(slowly) as server:
        found = ask(server.url(), timeout=seconds(1))

    assert why_not(found) == "no answer: nothing came within 1 s"
    assert found.took < seconds(1.5)


@pytest.mark.parametrize(
    ("location", "why"),
    [
        ("http://127.0.0.2:1/", "no answer: 127.0.0.2 is an inside address (loopback), closed to probes"),
        (
            "http://169.254.169.254/latest/meta-data/",
            "no answer: 169.254.169.254 is an inside address (link-local, metadata), closed to probes",
        ),
        ("http://[::ffff:10.0.0.1]/", "no answer: ::ffff:a00:1 is an inside address (private), closed to probes"),
        ("http://0x7f.2/", "no answer: 127.0.0.2 is an inside address (loopback), closed to probes"),
        ("file:///etc/passwd", "http:// and https:// only"),
        ("ftp://example.com/", "http:// and https:// only"),
        ("http://user@127.0.0.1/", "user name or a password"),
        ("http://[::1", 'no answer: redirected to an invalid URL: "http://[::1"'),
        ("//[", 'no answer: redirected to an invalid URL: "//["'),
        ("http://a]b/", 'no answer: redirected to an invalid URL: "http://a]b/"'),
        ("http://a..b/", "no answer: redirected to where no probe goes: url is not a URL"),
        (f"http://{'a' * 64}.example/", "no answer: redirected to where no probe goes: url is not a URL"),
        ("http://127.0.0.1:99999/", "no answer: redirected to where no probe goes: url is not a URL"),
        ("/\x1b[31m", "no answer: redirected to where no probe goes: url holds a blank, a backslash or a control"),
    ],
)
def test_a_redirect_inside_or_to_another_scheme_is_not_followed(location: str, why: str) -> None:
    with answering(redirecting(("/", location))) as server:
        assert why in why_not(ask(server.url()))


def test_headers_are_not_sent_to_another_origin() -> None:
    with answering(saying()) as other, answering(redirecting(("/", other.url()))) as server:
        answered(ask(server.url(), headers=(("X-Api-Key", "secret"),)))

    assert "X-Api-Key: secret" in server.asked[0]
    assert "secret" not in other.asked[0]


def logging_in(*cookies: str, to: str = "/in") -> Script:
    """`/` sets these cookies and leads on; all other paths say what was asked."""
    lines = "".join(f"Set-Cookie: {each}\r\n" for each in cookies)

    def script(asked: str, connection: Connection) -> None:
        if asked.startswith("GET / "):
            connection.say(f"HTTP/1.1 302 Found\r\nLocation: {to}\r\n{lines}Content-Length: 0\r\n\r\n")
        else:
            saying()(asked, connection)

    return script


def cookies_of(server: Answering) -> list[str]:
    """What the last request brought along."""
    return [line.removeprefix("Cookie: ") for line in server.asked[-1].split("\r\n") if line.startswith("Cookie: ")]


def test_cookies_are_kept_within_a_chain_of_redirects_and_forgotten_after_it() -> None:
    with answering(logging_in("session=a1; Path=/; HttpOnly", "lang=de")) as server:
        for _ in range(2):
            answered(ask(server.url()))
            assert cookies_of(server) == ["session=a1; lang=de"]
    assert ["Cookie" in asked for asked in server.asked] == [False, True, False, True]


def test_cookies_join_the_probes_own() -> None:
    with answering(logging_in("session=a1")) as server:
        answered(ask(server.url(), headers=(("cookie", "consent=1"),)))
    assert "cookie: consent=1\r\n" in server.asked[0]
    assert cookies_of(server) == ["consent=1; session=a1"]


def test_cookies_are_not_sent_to_another_host() -> None:
    with answering(saying()) as other, answering(logging_in("a=1; Domain=example.com", to=other.url())) as server:
        found = ask(server.url(host="shop.example.com"), resolve=lambda _, __: ["127.0.0.1"])
    assert answered(found).status == 200
    assert cookies_of(other) == []


def test_headers_are_sent_on_within_an_origin() -> None:
    with answering(redirecting(("/", "/a"))) as server:
        answered(ask(server.url(), headers=(("X-Api-Key", "secret"),)))

    assert ["X-Api-Key: secret" in asked for asked in server.asked] == [True, True]


def test_an_inside_address_is_never_connected_to(shop: Answering) -> None:
    found = ask(shop.url(), opened=())

    assert why_not(found) == "no answer: 127.0.0.1 is an inside address (loopback), closed to probes"
    assert shop.asked == []


def test_a_name_is_asked_for_once_and_what_was_judged_is_connected_to(shop: Answering) -> None:
    """Rebinding: a second answer would lead inside."""
    answers = iter([["127.0.0.1"], ["127.0.0.2"]])

    found = ask(shop.url(host="shop.example.com"), resolve=lambda _, __: next(answers))

    assert answered(found).text == "Welcome"
    assert f"Host: shop.example.com:{shop.port}\r\n" in shop.asked[0]


def test_a_name_that_leads_inside_at_a_later_hop_is_refused_there() -> None:
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])
    with answering(redirecting(("/", "/again"))) as server:
        found = ask(server.url(host="shop.example.com"), resolve=lambda _, __: next(answers))

    assert why_not(found) == "no answer: 10.0.0.1 is an inside address (private), closed to probes"


def test_the_next_address_is_tried_when_one_refuses(shop: Answering) -> None:
    both = networks("127.0.0.1/32,127.0.0.9/32")

    found = ask(shop.url(host="shop.example.com"), resolve=lambda _, __: ["127.0.0.9", "127.0.0.1"], opened=both)

    assert answered(found).text == "Welcome"


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority.new(NOW)


def test_a_certificate_is_verified_and_its_end_is_told(authority: Authority, tmp_path: Path) -> None:
    ends = (NOW + days(6)).replace(microsecond=0)
    with answering(saying(), tls=authority.server(tmp_path, begins=NOW - days(80), ends=ends)) as server:
        found = answered(ask(server.url(), tls=authority.trusted()))

    assert (found.status, found.certificate_ends) == (200, ends)


def test_the_name_of_the_url_is_asked_for_and_verified_whatever_the_address(
    authority: Authority, tmp_path: Path
) -> None:
    asked_for: list[str | None] = []
    tls = authority.server(tmp_path, begins=NOW - days(1), ends=NOW + days(90), host="shop.example.com")
    tls.sni_callback = lambda _, name, __: asked_for.append(name)
    with answering(saying(), tls=tls) as server:
        here = lambda _, __: ["127.0.0.1"]  # noqa: E731
        found = ask(server.url(host="shop.example.com"), resolve=here, tls=authority.trusted())
        other = ask(server.url(host="other.example.com"), resolve=here, tls=authority.trusted())

    assert answered(found).status == 200
    assert asked_for == ["shop.example.com", "other.example.com"]
    assert why_not(other) == "TLS: Hostname mismatch, certificate is not valid for 'other.example.com'"


def test_an_expired_certificate_has_its_own_text(authority: Authority, tmp_path: Path) -> None:
    tls = authority.server(tmp_path, begins=NOW - days(90), ends=NOW - days(1))
    with answering(saying(), tls=tls) as server:
        assert why_not(ask(server.url(), tls=authority.trusted())) == "TLS: certificate has expired"
    assert server.asked == []


def test_an_unknown_authority_is_not_trusted(authority: Authority, tmp_path: Path) -> None:
    tls = authority.server(tmp_path, begins=NOW - days(1), ends=NOW + days(90))
    with answering(saying(), tls=tls) as server:
        assert why_not(ask(server.url())) == "TLS: unable to get local issuer certificate"


def test_a_server_that_speaks_no_tls_says_so() -> None:
    with answering(saying()) as server:
        found = ask(server.url().replace("http:", "https:"), timeout=seconds(1))

    assert why_not(found).startswith(("TLS: ", "no answer: no TLS within 1 s"))


def test_of_a_chain_of_redirects_the_certificate_that_ends_first_counts(authority: Authority, tmp_path: Path) -> None:
    soon, later = (NOW + days(6)).replace(microsecond=0), (NOW + days(90)).replace(microsecond=0)
    with (
        answering(saying(), tls=authority.server(tmp_path, begins=NOW - days(1), ends=later)) as last,
        answering(
            redirecting(("/", last.url())), tls=authority.server(tmp_path, begins=NOW - days(1), ends=soon)
        ) as first,
    ):
        found = answered(ask(first.url(), tls=authority.trusted()))

    assert found.certificate_ends == soon
