"""Finding a key by its name or first characters, and validating names."""

from datetime import datetime

import pytest

from chalicelib.domain.errors import BadInput
from chalicelib.domain.keys import Key, Scope
from chalicelib.store.registry.projects import StoredKey
from overdue.aws.key_admin import chosen, is_over, lasting, project_name
from tests.builders import utc


def stored(name: str, prefix: str, *, project: str = "default", expires_at: datetime | None = None) -> StoredKey:
    key = Key(project, Scope.READ_WRITE, name, expires_at)
    return StoredKey(digest=prefix * 8, key=key, prefix=prefix, created_at=utc("2026-01-01T00:00Z"))


LAPTOP, OTHER = stored("laptop", "aaaa"), stored("laptop", "bbbb", project="billing")


@pytest.mark.parametrize(
    ("name", "project", "expected"),
    [("aaaa", None, LAPTOP), ("laptop", "billing", OTHER), ("laptop", "default", LAPTOP)],
)
def test_a_key_is_found_by_its_name_or_its_first_characters(
    name: str, project: str | None, expected: StoredKey
) -> None:
    assert chosen([LAPTOP, OTHER], name, project=project) == expected


def test_a_name_of_two_keys_is_refused_with_their_first_characters() -> None:
    with pytest.raises(BadInput, match=r"aaaa \(laptop, project default\), bbbb \(laptop, project billing\)"):
        chosen([LAPTOP, OTHER], "laptop", project=None)


def test_the_error_for_an_unknown_key_lists_the_known_ones() -> None:
    with pytest.raises(BadInput, match=r'no key "phone"\. Known keys: laptop'):
        chosen([LAPTOP], "phone", project=None)
    with pytest.raises(BadInput, match=r'no key "phone"\. There are no keys yet\.'):
        chosen([], "phone", project=None)


def test_only_a_key_without_an_expiry_date_is_rotated() -> None:
    ending = stored("laptop", "cccc", expires_at=utc("2026-03-01T12:00Z"))

    assert lasting([LAPTOP, ending]) == [LAPTOP]


def test_a_key_stops_working_at_the_instant_of_its_expiry() -> None:
    ending = stored("laptop", "cccc", expires_at=utc("2026-03-01T12:00Z"))

    assert not is_over(ending, now=utc("2026-03-01T11:59:59Z"))
    assert is_over(ending, now=utc("2026-03-01T12:00Z"))
    assert not is_over(LAPTOP, now=utc("2036-03-01T12:00Z"))


@pytest.mark.parametrize("name", ["", "Billing", "a#b", "-a", "x" * 41])
def test_an_invalid_project_name_is_refused(name: str) -> None:
    with pytest.raises(BadInput, match="is not a valid project name"):
        project_name(name)
