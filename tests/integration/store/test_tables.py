"""The one client: where its requests go."""

from typing import Any

import pytest

from tests.integration.conftest import Deployment

pytestmark = pytest.mark.on_moto("it reads requests as strictly as DynamoDB")


@pytest.mark.not_on_dynalite("its endpoint is no region's")
def test_requests_go_to_the_regions_own_endpoint(deployment: Deployment) -> None:
    seen: list[str] = []
    client: Any = deployment.wiring.ports.tables.client

    def note(request: Any, **_: Any) -> None:
        seen.append(request.url)

    client.meta.events.register_first("before-send.dynamodb", note)
    deployment.ping(deployment.add())
    client.meta.events.unregister("before-send.dynamodb", note)

    assert set(seen) == {"https://dynamodb.us-east-1.amazonaws.com/"}
