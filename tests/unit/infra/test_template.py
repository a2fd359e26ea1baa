"""The template: what only the cloud will make of it, as far as it can be read."""

from pathlib import Path
from typing import Any

from chalice.package import YAMLTemplateSerializer

TEMPLATE = Path(__file__).parents[3] / "infra" / "template.yaml"


def properties(name: str) -> dict[str, Any]:
    template = YAMLTemplateSerializer().load_template(TEMPLATE.read_text(encoding="utf-8"), TEMPLATE.name)
    found: dict[str, Any] = template["Resources"][name]["Properties"]
    return found


def test_pings_are_throttled_apart_from_all_else() -> None:
    stage = properties("HttpStage")
    assert stage["DefaultRouteSettings"] == {"ThrottlingBurstLimit": 200, "ThrottlingRateLimit": 100}
    ping_route = properties("HttpRoutePing")["RouteKey"]
    assert stage["RouteSettings"] == {ping_route: {"ThrottlingBurstLimit": 2000, "ThrottlingRateLimit": 1000}}


def test_the_stage_is_not_part_of_a_ping_url() -> None:
    assert properties("HttpStage")["StageName"] == "$default"


def test_events_have_the_format_that_the_app_reads() -> None:
    assert properties("HttpIntegration")["PayloadFormatVersion"] == "1.0"


def test_api_gateway_leaves_cors_to_the_app() -> None:
    assert "CorsConfiguration" not in properties("HttpApi")


def test_tables_outlive_a_mistake() -> None:
    for name in ("ChecksTable", "HistoryTable", "RegistryTable"):
        table = properties(name)
        assert table["DeletionProtectionEnabled"] is True
        assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
        assert table["SSESpecification"] == {"SSEEnabled": True}
