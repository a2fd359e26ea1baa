"""Keys and projects in the registry: rotated with an overlap, revoked, listed."""

import pytest

from chalicelib.domain.errors import Conflict, NotFound
from chalicelib.domain.keys import Key, Scope
from chalicelib.store.registry import projects
from chalicelib.store.registry.projects import Registry
from tests.builders import minutes
from tests.integration.conftest import PING_KEY, Deployment

pytestmark = pytest.mark.on_moto("it reads requests as strictly as DynamoDB")

SECRET = "a" * 32


def stored(name: str) -> projects.StoredKey:
    [found] = [each for each in projects.all_keys() if each.key.name == name]
    return found


def test_keys_are_listed_by_name_and_prefix_and_never_whole(deployment: Deployment) -> None:
    projects.add_key(SECRET, Key("billing", Scope.READ_ONLY, "laptop"), now=deployment.now)

    assert [(each.key.project, each.key.name, each.prefix) for each in projects.all_keys()] == [
        ("billing", "laptop", "aaaa"),
        ("default", "ping key", "ping"),
    ]
    assert stored("laptop").created_at == deployment.now
    assert SECRET not in repr(projects.all_keys())


def test_a_key_works_up_to_its_end_and_not_at_it(deployment: Deployment) -> None:
    projects.add_key(SECRET, Key("default", Scope.READ_WRITE, "laptop"), now=deployment.now)
    projects.expire_key(stored("laptop").digest, at=deployment.now + minutes(10))

    assert Registry().key(SECRET, now=deployment.now + minutes(9.99)).name == "laptop"
    with pytest.raises(NotFound):
        Registry().key(SECRET, now=deployment.now + minutes(10))


def test_a_key_that_is_remembered_ends_in_time_all_the_same(deployment: Deployment) -> None:
    projects.add_key(SECRET, Key("default", Scope.READ_WRITE, "laptop"), now=deployment.now)
    projects.expire_key(stored("laptop").digest, at=deployment.now + minutes(0.5))
    warm = Registry()
    warm.key(SECRET, now=deployment.now)

    with pytest.raises(NotFound):
        warm.key(SECRET, now=deployment.now + minutes(0.5))


def test_pings_by_an_expired_key_are_refused(deployment: Deployment) -> None:
    deployment.add(name="nightly-backup")
    projects.expire_key(stored("ping key").digest, at=deployment.now + minutes(1))

    assert deployment.request("GET", f"/ping/{PING_KEY}/nightly-backup").status == 200
    deployment.now += minutes(1)
    assert deployment.request("GET", f"/ping/{PING_KEY}/nightly-backup").status == 404


def test_a_revoked_key_is_gone_and_revoking_it_again_harms_nobody(deployment: Deployment) -> None:
    digest = stored("ping key").digest
    projects.revoke_key(digest)
    projects.revoke_key(digest)

    assert projects.all_keys() == ()
    with pytest.raises(NotFound):
        Registry().key(PING_KEY, now=deployment.now)
    with pytest.raises(NotFound):
        projects.expire_key(digest, at=deployment.now)


def test_a_project_is_made_once(deployment: Deployment) -> None:
    projects.add_project("billing", now=deployment.now)

    assert projects.projects() == ("billing",)
    with pytest.raises(Conflict, match='"billing" already'):
        projects.add_project("billing", now=deployment.now)
