"""The token of a link in an alert: it names what it was made for, and nobody else can make one."""

from chalicelib.services.signed_links.ack_tokens import NamedOutage, read_token, sign_token
from tests.builders import utc

SECRET = bytes(32)
NAMED = NamedOutage(project="default", unique_key="92ab1269" * 5, flip=7, until=utc("2026-03-08T12:00Z"))


def test_it_names_the_outage_that_it_was_made_for() -> None:
    assert read_token(SECRET, sign_token(SECRET, NAMED)) == NAMED


def test_a_token_is_short_and_needs_no_escaping_in_a_url() -> None:
    token = sign_token(SECRET, NAMED)
    assert len(token) < 160
    assert token.replace("-", "").replace("_", "").replace(".", "").isalnum()


def test_one_of_another_secret_or_another_kind_or_cut_off_names_nothing() -> None:
    token = sign_token(SECRET, NAMED)
    for wrong in (sign_token(bytes([1] * 32), NAMED), token[:-1], token.partition(".")[0], "", "x.y", "\ud800"):
        assert read_token(SECRET, wrong) is None
