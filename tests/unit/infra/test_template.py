"""The template: what only the cloud will make of it, as far as it can be read."""

from pathlib import Path
from typing import Any

from chalice.package import YAMLTemplateSerializer

from chalicelib.settings import settings

TEMPLATE = Path(__file__).parents[3] / "infra" / "template.yaml"


ENVIRONMENT = dict.fromkeys(
    (
        *("OVERDUE_CHECKS_TABLE", "OVERDUE_HISTORY_TABLE", "OVERDUE_REGISTRY_TABLE", "OVERDUE_ALERTS_TOPIC"),
        *("OVERDUE_BASE_URL", "AWS_REGION"),
    ),
    "x",
)


def template() -> dict[str, Any]:
    found: dict[str, Any] = YAMLTemplateSerializer().load_template(TEMPLATE.read_text(encoding="utf-8"), TEMPLATE.name)
    return found


def properties(name: str) -> dict[str, Any]:
    found: dict[str, Any] = template()["Resources"][name]["Properties"]
    return found


def statements(name: str, policy: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = properties(name)[policy]["Statement"]
    return found


def test_pings_are_throttled_apart_from_all_else() -> None:
    stage = properties("HttpStage")
    assert stage["DefaultRouteSettings"] == {"ThrottlingBurstLimit": 200, "ThrottlingRateLimit": 100}
    ping_route = properties("HttpRoutePing")["RouteKey"]
    chosen = {"ThrottlingBurstLimit": {"Ref": "PingBurst"}, "ThrottlingRateLimit": {"Ref": "PingRate"}}
    assert stage["RouteSettings"] == {ping_route: chosen}


def test_a_limit_that_nobody_chooses_is_the_one_that_the_functions_know() -> None:
    known = settings(ENVIRONMENT)
    defaults = {name: each.get("Default") for name, each in template()["Parameters"].items()}
    assert (defaults["PingRate"], defaults["PingBurst"], defaults["BudgetUsd"]) == (1000, 2000, 0)
    assert defaults["PingsPerMinute"] == known.pings_per_minute == 300
    assert defaults["ChecksPerProject"] == known.checks_per_project == 10_000
    assert defaults["CreatesPerMinute"] == known.creates_per_minute == 1_000


def test_each_function_knows_the_limits_that_were_chosen() -> None:
    variables = template()["Globals"]["Function"]["Environment"]["Variables"]
    chosen = {name: value["Ref"] for name, value in variables.items() if name.startswith("OVERDUE_") and "Ref" in value}
    found = settings(ENVIRONMENT | dict.fromkeys(chosen, "7"))
    assert (found.pings_per_minute, found.checks_per_project, found.creates_per_minute) == (7, 7, 7)


def test_a_budget_notifies_the_operators_and_has_the_permission() -> None:
    budget = template()["Resources"]["Budget"]
    assert budget["Condition"] == "HasBudget"
    notified = [each["Subscribers"] for each in budget["Properties"]["NotificationsWithSubscribers"]]
    assert notified == [[{"SubscriptionType": "SNS", "Address": {"Ref": "PlatformTopic"}}]] * 3
    [publish] = [each for each in statements("PlatformTopicPolicy", "PolicyDocument") if each["Sid"] == "Budget"]
    [encrypt] = [each for each in statements("PlatformKey", "KeyPolicy") if each["Sid"] == "Alarms"]
    assert publish["Principal"]["Service"] == "budgets.amazonaws.com"
    assert "budgets.amazonaws.com" in encrypt["Principal"]["Service"]


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


def test_the_access_log_names_routes_and_never_paths_or_addresses() -> None:
    told = properties("HttpStage")["AccessLogSettings"]["Format"]
    assert "$context.routeKey" in told
    assert "$context.path" not in told
    assert "$context.identity" not in told


def test_all_topics_are_encrypted_and_tell_what_became_of_a_delivery() -> None:
    for name in ("AlertsTopic", "PagerDutyTopic", "ChatTopic", "PlatformTopic"):
        topic = properties(name)
        assert topic["KmsMasterKeyId"]
        assert {"http/s"} <= {each["Protocol"] for each in topic["DeliveryStatusLogging"]}


def test_alarms_can_publish_to_the_platform_topic_and_use_its_key() -> None:
    assert properties("PlatformTopic")["KmsMasterKeyId"] == {"Ref": "PlatformKey"}
    for policy in (statements("PlatformKey", "KeyPolicy"), statements("PlatformTopicPolicy", "PolicyDocument")):
        [admitted] = [each["Principal"]["Service"] for each in policy if each["Sid"] == "Alarms"]
        assert "cloudwatch.amazonaws.com" in admitted


def test_dead_letters_of_each_topic_find_their_queue_open() -> None:
    [statement] = properties("UndeliveredQueuePolicy")["PolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "sns.amazonaws.com"}
    topics = [{"Ref": name} for name in ("AlertsTopic", "PagerDutyTopic", "ChatTopic", "PlatformTopic")]
    assert statement["Condition"] == {"ArnEquals": {"aws:SourceArn": topics}}


def test_no_sweep_for_three_minutes_is_an_alarm_and_so_is_silence() -> None:
    alarm = properties("SweepMissing")
    assert (alarm["MetricName"], alarm["Period"], alarm["EvaluationPeriods"]) == ("Swept", 60, 3)
    assert alarm["TreatMissingData"] == "breaching"


def test_executions_are_set_aside_for_the_sweep() -> None:
    for name in ("Sweep", "Storm"):
        assert "ReservedConcurrentExecutions" in properties(name)


def test_with_a_domain_the_other_address_is_closed() -> None:
    assert properties("HttpApi")["DisableExecuteApiEndpoint"] == {"Fn::If": ["HasDomain", True, False]}
