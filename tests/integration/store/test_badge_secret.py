"""The secret of badges is made once, however many ask for it at the same moment."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from chalicelib.store.registry.projects import Registry
from tests.integration.conftest import Deployment

pytestmark = pytest.mark.on_moto("it reads requests as strictly as DynamoDB")


def test_all_who_ask_first_get_the_same_secret(deployment: Deployment) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: Registry().badge_secret(now=deployment.now), range(16)))
    assert len(set(found)) == 1
    assert len(found[0]) == 32


def test_the_secret_outlives_the_process(deployment: Deployment) -> None:
    first = Registry().badge_secret(now=deployment.now)
    assert Registry().badge_secret(now=deployment.now) == first
