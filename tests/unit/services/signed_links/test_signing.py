"""Signed tokens: by SHA-256, with those of before the upgrade still read."""

from hashlib import sha256
from hmac import digest

import pytest
from itsdangerous import BadSignature
from itsdangerous.encoding import base64_encode

from chalicelib.services.signed_links.ack_tokens import NamedOutage, read_token
from chalicelib.services.signed_links.sessions import Session, Signer
from chalicelib.services.signed_links.signing import serializer
from tests.builders import utc

SECRET = b"s" * 32


def test_a_token_is_signed_with_sha_256_by_a_key_of_its_kind() -> None:
    payload, _, signature = serializer(SECRET, "link").dumps({"id": "x"}).rpartition(".")
    key = digest(SECRET, b"overdue link", "sha256")
    assert signature.encode() == base64_encode(digest(key, payload.encode(), sha256))


def test_a_token_of_another_kind_or_another_secret_is_refused() -> None:
    token = serializer(SECRET, "link").dumps([1])
    assert serializer(SECRET, "link").loads(token) == [1]
    for other in (serializer(SECRET, "session"), serializer(b"t" * 32, "link")):
        with pytest.raises(BadSignature):
            other.loads(token)


def test_a_cookie_that_an_earlier_version_made_is_read() -> None:
    cookie = (
        ".eJyrVspMUbJScsQKlHSUCorys1KTS4BKUlLTEktzSoBiReVKViVFpak6SqV5JZk5SlaG5uZGxpamRgYGtQCXTxcV"
        ".mPyOsn4bkNvt3QoPOihsfGERZW0"
    )
    session = Session(id="A" * 22, project="default", may_write=True, until=utc("2026-03-01T20:00Z"))
    assert Signer(SECRET).read_session(cookie, now=utc("2026-03-01T12:00Z")) == session


def test_an_acknowledge_link_that_an_earlier_version_made_is_read() -> None:
    token = ".eJyLVkpJTUsszSlR0lGyNEpMMjQysyREK-mY6xiamxtZmhsaGRjEAgBonBDl.ztalR-_dLVu6doaUCHuS1i5IgY0"
    named = NamedOutage(project="default", unique_key="92ab1269" * 5, flip=7, until=utc("2026-03-08T12:00Z"))
    assert read_token(bytes(32), token) == named
