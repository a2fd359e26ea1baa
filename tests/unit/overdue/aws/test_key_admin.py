"""Which key is meant."""

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
    ("called", "project", "found"),
    [("aaaa", None, LAPTOP), ("laptop", "billing", OTHER), ("laptop", "default", LAPTOP)],
)
def test_a_key_is_meant_by_its_name_or_its_first_characters(called: str, project: str | None, found: StoredKey) -> None:
    assert chosen([LAPTOP, OTHER], called, project=project) == found


def test_a_name_that_two_keys_bear_is_refused_with_their_first_characters() -> None:
    with pytest.raises(BadInput, match=r"aaaa \(laptop, project default\), bbbb \(laptop, project billing\)"):
        chosen([LAPTOP, OTHER], "laptop", project=None)


def test_an_unknown_key_brings_those_that_are_known() -> None:
    with pytest.raises(BadInput, match='no key "phone"; there are: laptop'):
        chosen([LAPTOP], "phone", project=None)


def test_only_a_key_that_lasts_is_rotated() -> None:
    ending = stored("laptop", "cccc", expires_at=utc("2026-03-01T12:00Z"))

    assert lasting([LAPTOP, ending]) == [LAPTOP]


def test_a_key_stops_at_the_instant_of_its_end() -> None:
    ending = stored("laptop", "cccc", expires_at=utc("2026-03-01T12:00Z"))

    assert not is_over(ending, now=utc("2026-03-01T11:59:59Z"))
    assert is_over(ending, now=utc("2026-03-01T12:00Z"))
    assert not is_over(LAPTOP, now=utc("2036-03-01T12:00Z"))


@pytest.mark.parametrize("name", ["", "Billing", "a#b", "-a", "x" * 41])
def test_what_cannot_be_a_project_is_refused(name: str) -> None:
    with pytest.raises(BadInput, match="cannot be a project"):
        project_name(name)
