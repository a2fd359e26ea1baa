"""Links and sessions: signed, bound, ending."""

from typing import Any

import pytest

from chalicelib.services.signed_links.sessions import Signer, new_link
from tests.builders import hours, minutes, utc

NOW = utc("2026-03-01T12:00Z")
SIGNER = Signer(b"s" * 32)


def link(**given: Any) -> Any:
    asked: dict[str, Any] = {"project": "default", "may_write": True, "now": NOW, "session_lasts": hours(8)} | given
    return new_link(**asked)


def test_a_link_is_read_as_it_was_made() -> None:
    made = link(project="billing", may_write=False)
    assert SIGNER.read_link(SIGNER.link(made)) == made
    assert made.expires_at == NOW + minutes(10)


def test_no_two_links_are_alike() -> None:
    assert link().id != link().id


def test_a_session_lasts_as_long_as_its_link_says() -> None:
    session, cookie = SIGNER.session(link(may_write=False), now=NOW)
    assert SIGNER.read_session(cookie, now=utc("2026-03-01T19:59:59Z")) == session
    assert SIGNER.read_session(cookie, now=utc("2026-03-01T20:00Z")) is None
    assert not session.may_write


def test_a_link_is_no_session_and_a_session_no_link() -> None:
    _, cookie = SIGNER.session(link(), now=NOW)
    assert SIGNER.read_link(cookie) is None
    assert SIGNER.read_session(SIGNER.link(link()), now=NOW) is None


@pytest.mark.parametrize("token", ["", ".", "a.b", "x" * 500, "\udcff.é", "e30.AAAA"])
def test_what_nobody_has_signed_is_nothing(token: str) -> None:
    assert SIGNER.read_link(token) is None
    assert SIGNER.read_session(token, now=NOW) is None


def test_another_secret_knows_none_of_it() -> None:
    other = Signer(b"t" * 32)
    assert other.read_link(SIGNER.link(link())) is None


def test_a_token_of_a_form_is_its_sessions_own() -> None:
    mine, _ = SIGNER.session(link(), now=NOW)
    theirs, _ = SIGNER.session(link(), now=NOW)
    assert SIGNER.is_csrf(mine, SIGNER.csrf(mine))
    assert not SIGNER.is_csrf(mine, SIGNER.csrf(theirs))
    assert not SIGNER.is_csrf(mine, "")
    assert not SIGNER.is_csrf(mine, "\udcff")
