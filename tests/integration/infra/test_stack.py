"""The template as CloudFormation gets it, after Chalice's merge and samtranslator's expansion."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.packaged import packaged

CFN_LINT = Path(sys.executable).with_name("cfn-lint")
EXAMPLES = Path(__file__).parents[3] / "infra" / "examples"
OTHERS = ("Sweep", "Storm", "Prober", "Alarms", "Canary", "Notifier")
FUNCTIONS = {"APIHandler": "Api"} | {name: name for name in OTHERS}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return packaged(tmp_path_factory, "arm64").template


def of_type(template: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    return {name: each for name, each in template["Resources"].items() if each["Type"] == kind}


def references(value: Any) -> Iterator[str]:
    match value:
        case {"Ref": str(name)}:
            yield name
        case dict():
            for each in value.values():
                yield from references(each)
        case list():
            for each in value:
                yield from references(each)


def test_cfn_lint_finds_nothing(template: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "template.json"
    file.write_text(json.dumps(template))
    done = subprocess.run([CFN_LINT, str(file)], capture_output=True, text=True)
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)


@pytest.mark.parametrize("example", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.name)
def test_cfn_lint_finds_nothing_in_an_example_either(example: Path) -> None:
    done = subprocess.run([CFN_LINT, str(example)], capture_output=True, text=True)
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)


def test_nothing_is_left_for_aws_to_expand_and_nothing_of_the_rest_api(template: dict[str, Any]) -> None:
    assert "Transform" not in template
    kinds = {each["Type"] for each in template["Resources"].values()}
    assert not any(kind.startswith(("AWS::Serverless", "AWS::ApiGateway::")) for kind in kinds)


def test_the_names_that_the_deployment_hands_over_and_reads(template: dict[str, Any]) -> None:
    assert set(template["Parameters"]) == {
        *("Stage", "ArtifactBucket", "FunctionsKey", "NotifierKey", "LogDays", "WatchdogUrl"),
        *("Domain", "CertificateArn", "HostedZoneId", "ReservedSweeps", "SmsSpendUsd", "ProbeInside", "TimeZone"),
        *("DigestFrom", "PingRate", "PingBurst", "PingsPerMinute", "ChecksPerProject", "CreatesPerMinute", "BudgetUsd"),
    }
    assert set(template["Outputs"]) == {
        *("BaseUrl", "HttpApiId", "DomainTarget", "NotifierArn", "UndeliveredQueueArn"),
        *("ChecksTableName", "HistoryTableName", "RegistryTableName"),
        *("AlertsTopicArn", "PlatformTopicArn", "PagerDutyTopicArn", "ChatTopicArn"),
    }


def test_it_is_no_larger_than_cloudformation_reads_from_a_bucket(template: dict[str, Any]) -> None:
    assert len(json.dumps(template, indent=1)) <= 1_000_000
    assert len(template["Resources"]) <= 500


def test_no_default_of_a_parameter_is_written_in_its_place(template: dict[str, Any]) -> None:
    for name in ("APIHandler", "Sweep", "Canary"):
        function = template["Resources"][name]["Properties"]
        assert {"ArtifactBucket", "FunctionsKey"} <= set(references(function))
    assert "ReservedSweeps" in set(references(template["Resources"]["Storm"]))
    assert "us-east-1" not in json.dumps(template), "the template is for every region"


def test_all_functions_run_alike(template: dict[str, Any]) -> None:
    functions = of_type(template, "AWS::Lambda::Function")
    assert set(functions) == set(FUNCTIONS)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for each in functions.values():
        assert (each["Properties"]["Runtime"], each["Properties"]["Architectures"]) == (version, ["arm64"])


def test_each_function_writes_to_a_log_of_its_own_that_expires(template: dict[str, Any]) -> None:
    for name, short in FUNCTIONS.items():
        log = f"{short}Log"
        assert template["Resources"][name]["Properties"]["LoggingConfig"]["LogGroup"] == {"Ref": log}
        assert template["Resources"][log]["Properties"]["RetentionInDays"] == {"Ref": "LogDays"}
        [statement] = [each for each in statements(template, name) if each["Sid"] == "OwnLog"]
        assert statement["Resource"] == [{"Fn::GetAtt": [log, "Arn"]}]


def test_lambda_itself_logs_of_a_ping_only_what_went_wrong(template: dict[str, Any]) -> None:
    logging = template["Resources"]["APIHandler"]["Properties"]["LoggingConfig"]
    assert (logging["LogFormat"], logging["SystemLogLevel"]) == ("JSON", "WARN")  # a level needs the format
    assert logging["ApplicationLogLevel"] == "INFO", "lines without a timestamp count as INFO: all of ours pass"


def test_only_the_sweep_and_nobody_who_describes_the_stack_can_read_the_watchdogs_url(template: dict[str, Any]) -> None:
    assert template["Parameters"]["WatchdogUrl"]["NoEcho"] is True
    knowing = {name for name in FUNCTIONS if "WatchdogUrl" in set(references(template["Resources"][name]))}
    assert knowing == {"Sweep"}
    reading = {name for name in FUNCTIONS if "/watchdog-url" in json.dumps(statements(template, name))}
    assert reading == {"Sweep"}


def test_sns_assumes_the_role_of_delivery_logs_for_this_account_only(template: dict[str, Any]) -> None:
    [statement] = template["Resources"]["DeliveryLogRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


def test_what_fails_at_each_try_is_kept(template: dict[str, Any]) -> None:
    for name in ("Alarms", "Canary", "Notifier"):
        kept = {"OnFailure": {"Destination": {"Fn::GetAtt": ["FailedQueue", "Arn"]}}}
        assert template["Resources"][f"{name}Invocation"]["Properties"]["DestinationConfig"] == kept
        actions = [action for each in statements(template, name) for action in each["Action"]]
        assert "sqs:SendMessage" in actions


def test_each_function_has_an_alarm_for_its_errors_and_its_throttles(template: dict[str, Any]) -> None:
    alarms = [each["Properties"] for each in of_type(template, "AWS::CloudWatch::Alarm").values()]
    watched = {
        (alarm["MetricName"], dimension["Value"]["Ref"])
        for alarm in alarms
        for dimension in alarm["Dimensions"]
        if dimension["Name"] == "FunctionName"
    }
    assert watched == {(metric, name) for metric in ("Errors", "Throttles") for name in FUNCTIONS}
    for alarm in alarms:
        assert alarm["AlarmActions"] == alarm["OKActions"] == [{"Ref": "PlatformTopic"}]


def test_no_role_may_do_everything(template: dict[str, Any]) -> None:
    for name in FUNCTIONS:
        for statement in statements(template, name):
            assert not any("*" in action for action in statement["Action"])
            assert "*" not in statement["Resource"]


def statements(template: dict[str, Any], function: str) -> list[dict[str, Any]]:
    role, _ = template["Resources"][function]["Properties"]["Role"]["Fn::GetAtt"]
    policies = template["Resources"][role]["Properties"]["Policies"]
    return [each for policy in policies for each in policy["PolicyDocument"]["Statement"]]
