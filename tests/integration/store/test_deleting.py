"""Deleting a check: only one's own, only once, and nothing that comes later brings it back."""

import pytest

from chalicelib.domain.configure import Pause, configure
from chalicelib.domain.errors import NotFound
from chalicelib.store import checks
from chalicelib.store.registry import slug_claims
from tests.integration.conftest import Deployment

pytestmark = pytest.mark.on_moto("it reads requests as strictly as DynamoDB")


def test_a_check_is_deleted_once_and_returned_as_it_was(deployment: Deployment) -> None:
    tables, code = deployment.wiring.ports.tables, deployment.add(name="backup")
    deployment.ping(code)
    before = deployment.check(code)
    assert checks.delete(tables, code, project="default") == before
    with pytest.raises(NotFound):
        checks.delete(tables, code, project="default")


def test_another_projects_check_stays(deployment: Deployment) -> None:
    code = deployment.add(name="backup")
    with pytest.raises(NotFound):
        checks.delete(deployment.wiring.ports.tables, code, project="other")
    assert deployment.check(code).config.name == "backup"


def test_a_decision_that_comes_too_late_does_not_bring_it_back(deployment: Deployment) -> None:
    tables, code = deployment.wiring.ports.tables, deployment.add(name="backup")
    verdict = configure(deployment.check(code), Pause(), now=deployment.now)
    checks.delete(tables, code, project="default")
    with pytest.raises(checks.Lost):
        checks.decide(tables, verdict)
    with pytest.raises(NotFound):
        checks.get(tables, code)


def test_a_claim_is_given_up_by_its_owner_only(deployment: Deployment) -> None:
    code, other = deployment.add(name="backup"), deployment.add(name="other")
    slug_claims.claim("default", "backup", code, instead_of=None)
    slug_claims.release("default", "backup", other)
    slug_claims.release("default", "nobody", other)
    assert slug_claims.claimed("default", "backup") == code
    slug_claims.release("default", "backup", code)
    assert slug_claims.claimed("default", "backup") is None
