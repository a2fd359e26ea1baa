"""A reader of a deployment that has a stage, as every deployed one has."""

from collections.abc import Iterator

import pytest

from chalicelib import runtime
from tests.integration.conftest import Aws, Deployment
from tests.integration.web.pages.browsing import STAGE, Browser


@pytest.fixture(scope="module", autouse=True)
def staged(aws: Aws) -> Iterator[None]:  # noqa: ARG001  # its environment comes first
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OVERDUE_STAGE", STAGE)
        runtime.wiring.cache_clear()
        yield
    runtime.wiring.cache_clear()


@pytest.fixture
def browser(staged: None, deployment: Deployment) -> Browser:  # noqa: ARG001  # the deployment reads the environment
    return Browser(deployment)
