"""The requests themselves: the same seed makes the same, and they reach what they are meant to."""

from random import Random

from tests.fuzz.hostile import Hostile, Known, a_request
from tests.fuzz.wire import has_a_head, parsed, raw

CODE = "0f3a1b3c-7a51-4ac1-8d6f-1f6f5c1f0a11"
KNOWN = Known(code=CODE, slug="s", ping_key="p" * 22, api_key="w" * 32, readonly_key="r" * 32)


def some(seed: int) -> list[Hostile]:
    chance = Random(seed)
    return [a_request(chance, KNOWN) for _ in range(500)]


def test_a_seed_makes_the_same_requests_again_and_another_makes_others() -> None:
    assert some(7) == some(7)
    assert some(7) != some(8)


def test_most_of_them_are_nearly_right() -> None:
    requests = some(7)
    pings = [request for request in requests if request.target.startswith(f"/ping/{CODE}")]
    posts = [request for request in requests if request.verb == "POST" and "/checks/" in request.target]
    assert len(pings) > 60
    assert sum(request.body.startswith(b"{") for request in posts) > 40


def test_some_ask_for_a_check_that_is_not_there_and_some_of_those_are_to_be_refused() -> None:
    targets = [request.target for request in some(7) if request.target.startswith(f"/ping/{'p' * 22}/job-")]
    asking = [target for target in targets if "create=1" in target]
    refused = [target for target in asking if "rid=1" in target or "count=-1" in target or "/256?" in target]
    assert len(asking) > 12
    assert 1 < len(refused) < len(asking) / 2


def test_what_has_no_empty_line_is_no_request_yet() -> None:
    assert has_a_head(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert not has_a_head(b"GET / HTTP/1.1\rHost: a\r\r{}")


def test_a_request_on_the_wire_has_its_body_behind_its_head() -> None:
    request = Hostile(verb="POST", target="/ping/x", headers=(("Accept", "*/*"),), body=b"body")
    assert raw(request, Random(1), port=8000) == (
        b"POST /ping/x HTTP/1.1\r\nAccept: */*\r\nHost: 127.0.0.1:8000\r\nConnection: close\r\n"
        b"Content-Length: 4\r\n\r\nbody"
    )


def test_an_answer_is_read_past_a_hundred() -> None:
    received = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\n\r\nnot found"
    found = parsed(received)
    assert (found.status, found.headers, found.body) == (404, {"content-type": "text/plain"}, b"not found")
    assert parsed(b"").status is None
