"""Answers: compressed for whom takes it, refused where no Lambda could give them."""

import gzip
import json

import pytest

from chalicelib.web.answers import answer, error, json_answer, takes_gzip

LONG = "x" * 2_000


@pytest.mark.parametrize(
    ("accepts", "takes"),
    [
        ("", False),
        ("gzip", True),
        ("deflate, GZIP;q=0.5", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000", False),
        ("*", True),
        ("*;q=0", False),
        ("gzip;q=0, *", False),
        ("br, identity", False),
        ("x-gzip", True),
    ],
)
def test_gzip_is_taken_where_the_client_says_so(accepts: str, takes: bool) -> None:
    assert takes_gzip(accepts) is takes


def test_a_long_body_is_compressed_and_a_short_one_is_not() -> None:
    long = answer(LONG, "text/plain", "gzip")
    assert gzip.decompress(long.body).decode() == LONG
    assert (long.headers["Content-Encoding"], long.headers["Vary"]) == ("gzip", "Accept-Encoding")
    short = answer("x", "text/plain", "gzip")
    assert (short.body, "Content-Encoding" in short.headers) == ("x", False)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param("x" * (6 * 1024 * 1024 - 20_000), 200, id="just small enough"),
        pytest.param("x" * (6 * 1024 * 1024), 413, id="6 MB"),
        pytest.param('"' * (3 * 1024 * 1024), 413, id="3 MB of quotes: each is escaped"),
        pytest.param(b"x" * (4 * 1024 * 1024), 200, id="4 MB as base64"),
        pytest.param(b"x" * (5 * 1024 * 1024), 413, id="5 MB as base64"),
    ],
)
def test_what_a_lambda_cannot_answer_says_so(body: str | bytes, status: int) -> None:
    assert answer(body, "text/plain", "").status_code == status


def test_a_compressed_body_may_be_much_larger() -> None:
    assert answer("x" * (60 * 1024 * 1024), "text/plain", "gzip").status_code == 200


def test_an_error_is_json_and_may_say_more() -> None:
    assert json.loads(error(400, "bad", detail="very").body) == {"error": "bad", "detail": "very"}
    assert json.loads(error(404, "not found").body) == {"error": "not found"}


def test_json_is_ascii_so_that_every_client_reads_it() -> None:
    assert json_answer({"name": "ü"}, "").body == '{"name": "\\u00fc"}'
