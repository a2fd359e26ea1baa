"""The token of a link in an alert: it names what it was made for, and nobody else can make one."""

from chalicelib.services.signed_links.ack_tokens import Named, read, signed
from tests.builders import utc

SECRET = bytes(32)
NAMED = Named(project="default", unique_key="92ab1269" * 5, flip=7, until=utc("2026-03-08T12:00Z"))


def test_it_names_the_outage_that_it_was_made_for() -> None:
    assert read(SECRET, signed(SECRET, NAMED)) == NAMED


def test_it_stands_in_a_path_as_it_is_and_leaves_a_letter_readable() -> None:
    token = signed(SECRET, NAMED)
    assert len(token) < 160
    assert token.replace("-", "").replace("_", "").replace(".", "").isalnum()


def test_one_of_another_secret_or_another_kind_or_cut_off_names_nothing() -> None:
    token = signed(SECRET, NAMED)
    for wrong in (signed(bytes([1] * 32), NAMED), token[:-1], token.partition(".")[0], "", "x.y", "\ud800"):
        assert read(SECRET, wrong) is None
