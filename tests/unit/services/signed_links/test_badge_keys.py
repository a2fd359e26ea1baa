"""Addresses of badges lead back to their check, and to nothing else."""

from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.ids import Code
from chalicelib.services.signed_links.badge_keys import badge_key, code_of, is_signed, signature
from tests.builders import CODE

SECRET = bytes(range(32))


@given(st.uuids(version=4))
def test_a_badge_key_leads_back_to_its_code(code: UUID) -> None:
    assert code_of(SECRET, badge_key(SECRET, Code(str(code)))) == str(code)


def test_a_badge_key_never_changes() -> None:
    assert badge_key(SECRET, CODE) == "470f1a27-eeaf-943c-5937-f09ead81303e"


def test_another_secret_gives_another_key() -> None:
    assert badge_key(bytes(32), CODE) != badge_key(SECRET, CODE)


def test_codes_that_differ_in_a_digit_have_keys_that_differ_in_most() -> None:
    one, two = (badge_key(SECRET, Code(f"{CODE[:-1]}{digit}")) for digit in "01")
    assert sum(a != b for a, b in zip(one, two, strict=True)) > 16


def test_a_code_is_not_its_own_badge_key() -> None:
    codes = [str(uuid4()) for _ in range(100)]
    assert all(code_of(SECRET, code) not in codes for code in codes)


def test_a_signature_is_of_one_project_and_one_tag() -> None:
    signed = signature(SECRET, "default", "prod")
    assert is_signed(SECRET, "default", "prod", signed)
    assert not is_signed(SECRET, "default", "prod2", signed)
    assert not is_signed(SECRET, "other", "prod", signed)
    assert not is_signed(SECRET, "default", "prod", signed[:-1])
    assert not is_signed(SECRET, "default", "prod", "")
