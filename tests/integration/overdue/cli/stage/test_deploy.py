"""`overdue deploy` against moto, from an empty account on."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto.cloudformation.models import CloudFormationBackend, cloudformation_backends
from moto.core.base_backend import BackendDict
from moto.core.model_instances import reset_model_data

from chalicelib import runtime
from chalicelib.store import secure_strings
from chalicelib.store.registry.projects import Registry
from overdue.cli.settings import read_file
from tests.integration.conftest import Aws
from tests.integration.overdue.deploying import BASE, NOW, a_template, deploying
from tests.stack_engine import teach
from tests.stand_in import Asked, Says, stand_in

pytestmark = pytest.mark.not_on_dynalite(
    "it knows neither stacks nor backups: what these tests meet is moto's whole account"
)
ACCOUNT = "123456789012"
BUCKET = f"overdue-artifacts-{ACCOUNT}-us-east-1"


@pytest.fixture(autouse=True)
def _empty_account(aws: Aws) -> Iterator[None]:  # noqa: ARG001  # its moto
    teach()
    BackendDict.reset()
    reset_model_data()
    yield
    runtime.wiring.cache_clear()


def cloud(service: str) -> Any:
    return boto3.client(service, region_name="us-east-1")  # type: ignore[call-overload]  # any of them


def stack() -> dict[str, Any]:
    [found] = cloud("cloudformation").describe_stacks(StackName="overdue-test")["Stacks"]
    return dict(found)


def is_there() -> bool:
    try:
        stack()
    except ClientError:
        return False
    return True


def test_a_first_deploy_gives_the_url_and_two_keys_that_work(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"

    done = deploying("deploy", "--stage", "test", "--yes", OVERDUE_CONFIG=str(file))

    assert done.exit_code == 0
    [url, ping, api] = [line.split() for line in done.stdout.splitlines()]
    assert url == ["Base", "URL", BASE]
    assert (ping[:2], api[:2]) == (["Ping", "key"], ["API", "key"])
    assert Registry().key(api[2], now=NOW).scope == "rw"
    assert Registry().key(ping[2], now=NOW).scope == "ping"
    kept = read_file(file).stages["test"]
    assert (kept.url, kept.region, kept.api_key, kept.ping_key) == (BASE, "us-east-1", api[2], ping[2])
    assert "CREATE_COMPLETE  overdue-test  AWS::CloudFormation::Stack" in done.stderr
    assert f"Written into {file}, as stage test: url, region, api_key, ping_key." in done.stderr
    kept = cloud("ssm").get_parameters_by_path(Path="/overdue/test/")["Parameters"]
    assert {(each["Name"], each["Type"]) for each in kept} == {
        ("/overdue/test/alert-link-secret", "SecureString"),
        ("/overdue/test/session-secret", "SecureString"),
    }


def test_a_stage_that_has_one_secret_gets_the_other_before_its_functions_change(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    deploying("deploy", "--stage", "test", "--yes")
    name = "/overdue/test/session-secret"
    before = cloud("ssm").get_parameter(Name=name)["Parameter"]["Version"]
    cloud("ssm").delete_parameter(Name="/overdue/test/alert-link-secret")
    there: list[bool] = []
    execute = CloudFormationBackend.execute_change_set

    def executed(*asked: Any, **named: Any) -> None:
        there.append(secure_strings.read(cloud("ssm"), "test", "alert-link-secret") is not None)
        execute(*asked, **named)

    monkeypatch.setattr(CloudFormationBackend, "execute_change_set", executed)

    deploying("deploy", "--stage", "test", "--yes", template=a_template("https://other.example.com"))

    assert there == [True]
    assert cloud("ssm").get_parameter(Name=name)["Parameter"]["Version"] == before


def test_a_second_deploy_changes_nothing_and_shows_no_key(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    deploying("deploy", "--stage", "test", "--yes", OVERDUE_CONFIG=str(file))
    before = file.read_text()

    again = deploying("deploy", "--stage", "test", OVERDUE_CONFIG=str(file))

    assert (again.exit_code, again.stdout) == (0, f"Base URL  {BASE}\n")
    assert "No changes: it is deployed as it should be" in again.stderr
    assert "Uploaded" not in again.stderr
    assert file.read_text() == before


def test_a_dry_run_shows_all_and_leaves_no_stack() -> None:
    done = deploying("deploy", "--stage", "test", "--dry-run")

    assert done.exit_code == 0
    assert "Add\tChecksTable\tAWS::DynamoDB::Table\t–\t\n" in done.stdout
    assert len(done.stdout.splitlines()) == 6
    assert done.stderr.endswith("6 changes. Nothing was changed.\n")
    assert not is_there()


def test_json_is_one_document_with_the_keys_of_the_first_time() -> None:
    planned = deploying("deploy", "--stage", "test", "--dry-run", "--json")
    first = deploying("deploy", "--stage", "test", "--yes", "--json")
    second = deploying("deploy", "--stage", "test", "--yes", "--json")

    assert (json.loads(planned.stdout)["done"], json.loads(planned.stdout)["url"]) == ("planned", None)
    document = json.loads(first.stdout)
    assert (document["done"], document["account"], document["url"]) == ("created", ACCOUNT, BASE)
    assert (len(document["api_key"]), len(document["ping_key"])) == (32, 22)
    assert {"action": "Add", "resource": "AlertsTopic", "type": "AWS::SNS::Topic", "replacement": None} in document[
        "changes"
    ]
    assert json.loads(second.stdout)["done"] == "unchanged"
    assert "api_key" not in json.loads(second.stdout)


def test_where_nobody_can_be_asked_nothing_is_done_without_a_yes() -> None:
    done = deploying("deploy", "--stage", "test")

    assert done.exit_code == 1
    assert f"Deploy this to stage test, account {ACCOUNT}, region us-east-1? Say --yes" in done.stderr
    assert not is_there()


def test_what_was_chosen_stays_chosen_until_it_is_said_otherwise() -> None:
    deploying("deploy", "--stage", "test", "--yes", "--tz", "Europe/Berlin")

    def values() -> dict[str, str]:
        return {each["ParameterKey"]: each["ParameterValue"] for each in stack()["Parameters"]}

    deploying("deploy", "--stage", "test", "--yes", "--domain", "overdue.example.com", "--hosted-zone", "Z0123456789")
    assert (values()["TimeZone"], values()["Domain"]) == ("Europe/Berlin", "overdue.example.com")
    deploying("deploy", "--stage", "test", "--yes", "--domain", "none")
    assert (values()["Domain"], values()["HostedZoneId"]) == ("", "")


def watchdog() -> str | None:
    return secure_strings.read(cloud("ssm"), "test", "watchdog-url")


def test_the_watchdogs_url_is_kept_in_ssm_and_nowhere_in_the_stack() -> None:
    url = "https://watchdog.example.com/abc"
    first = deploying("deploy", "--stage", "test", "--yes", "--watchdog", url)
    assert (first.exit_code, watchdog()) == (0, url)
    [found] = cloud("ssm").describe_parameters(
        ParameterFilters=[{"Key": "Name", "Values": ["/overdue/test/watchdog-url"]}]
    )["Parameters"]
    assert found["Type"] == "SecureString"
    assert url not in json.dumps(stack(), default=str)

    deploying("deploy", "--stage", "test", "--yes")
    assert watchdog() == url, "what is not said again stays"
    again = deploying("deploy", "--stage", "test", "--yes", "--watchdog", f"{url}2")
    assert "No changes" in again.stderr
    assert watchdog() == f"{url}2", "although nothing of the stack changes"
    deploying("deploy", "--stage", "test", "--dry-run", "--watchdog", "none")
    assert watchdog() == f"{url}2"
    deploying("deploy", "--stage", "test", "--yes", "--watchdog", "none")
    assert watchdog() is None
    assert deploying("deploy", "--stage", "test", "--yes", "--watchdog", "none").exit_code == 0


def test_the_watchdog_of_a_stage_from_before_the_upgrade_moves_to_ssm() -> None:
    old = a_template()
    old["Parameters"]["WatchdogUrl"] = {"Type": "String", "Default": ""}
    deploying("deploy", "--stage", "test", "--yes", template=old)
    given = {each["ParameterKey"]: each["ParameterValue"] for each in stack()["Parameters"]}
    given["WatchdogUrl"] = "https://watchdog.example.com/abc"
    parameters = [{"ParameterKey": name, "ParameterValue": value} for name, value in given.items()]
    cloud("cloudformation").update_stack(StackName="overdue-test", UsePreviousTemplate=True, Parameters=parameters)

    done = deploying("deploy", "--stage", "test", "--yes")

    assert (done.exit_code, watchdog()) == (0, "https://watchdog.example.com/abc")
    assert "The watchdog's URL is stored in SSM." in done.stderr
    assert "watchdog.example.com" not in done.stderr
    assert "watchdog.example.com" not in json.dumps(stack(), default=str)


def test_the_zone_of_the_pages_and_what_probes_may_reach_are_chosen_too() -> None:
    said = ("--probe-inside", "10.0.0.0/16, fd00::/8", "--tz", "Europe/Berlin", "--digest-from", "50")

    assert deploying("deploy", "--stage", "test", "--yes", *said).exit_code == 0

    chosen = {each["ParameterKey"]: each["ParameterValue"] for each in stack()["Parameters"]}
    assert (chosen["ProbeInside"], chosen["TimeZone"]) == ("10.0.0.0/16,fd00::/8", "Europe/Berlin")
    assert chosen["DigestFrom"] == "50"


def test_limits_and_a_budget_stay_as_chosen() -> None:
    limits = ("--ping-rate", "500", "--ping-burst", "900", "--pings-per-minute", "120")
    projects = ("--checks-per-project", "2000", "--creates-per-minute", "50", "--budget", "40")
    assert deploying("deploy", "--stage", "test", "--yes", *limits, *projects).exit_code == 0

    assert deploying("deploy", "--stage", "test", "--yes", "--budget", "0").exit_code == 0

    chosen = {each["ParameterKey"]: each["ParameterValue"] for each in stack()["Parameters"]}
    assert (chosen["PingRate"], chosen["PingBurst"], chosen["PingsPerMinute"]) == ("500", "900", "120")
    assert (chosen["ChecksPerProject"], chosen["CreatesPerMinute"], chosen["BudgetUsd"]) == ("2000", "50", "0")


def test_an_address_and_a_number_become_channels_and_the_address_hears_of_troubles_once() -> None:
    said = ("deploy", "--stage", "test", "--yes", "--email", "ops@example.com", "--sms", "+15550100")
    first, second = deploying(*said), deploying(*said)

    assert (first.exit_code, second.exit_code) == (0, 0)
    assert "Open both." in first.stderr
    assert "Open both." not in second.stderr
    found = cloud("sns").list_subscriptions()["Subscriptions"]
    topics = sorted((each["Protocol"], each["TopicArn"].rpartition("-")[2]) for each in found)
    assert topics == [("email", "alerts"), ("email", "platform"), ("sms", "alerts")]
    assert [each.name for each in Registry().channels("default", now=NOW)] == ["email", "sms"]


def test_the_tables_of_an_earlier_stack_are_taken_over_with_keys_and_channels(tmp_path: Path) -> None:
    file = str(tmp_path / "config.toml")
    deploying("deploy", "--stage", "test", "--yes", "--sms", "+15550100", OVERDUE_CONFIG=file)
    key = read_file(tmp_path / "config.toml").stages["test"].api_key or ""
    gone = deploying("destroy", "--stage", "test", "--yes")
    assert "Kept: overdue-test-checks, overdue-test-history, overdue-test-registry" in gone.stderr
    assert cloud("sns").list_subscriptions()["Subscriptions"] == []

    planned = deploying("deploy", "--stage", "test", "--dry-run")
    assert "Import\tRegistryTable\tAWS::DynamoDB::Table" in planned.stdout
    assert not is_there()
    again = deploying("deploy", "--stage", "test", "--yes", OVERDUE_CONFIG=file)

    assert (again.exit_code, again.stdout) == (0, f"Base URL  {BASE}\n")
    assert Registry().key(key, now=NOW).name == "first key"
    assert "Channel sms of project default is subscribed again: ready." in again.stderr
    assert len(cloud("sns").list_subscriptions()["Subscriptions"]) == 1


def test_somebody_elses_table_is_left_alone_and_nothing_is_made() -> None:
    cloud("dynamodb").create_table(
        TableName="overdue-test-checks",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )

    done = deploying("deploy", "--stage", "test", "--yes")

    assert done.exit_code == 1
    assert "There is a table overdue-test-checks already, with other keys" in done.stderr
    assert not is_there()


def test_what_a_failed_creation_has_left_is_cleared_away_first() -> None:
    deploying("deploy", "--stage", "test", "--yes")
    [found] = cloudformation_backends[ACCOUNT]["us-east-1"].stacks.values()
    found.status = "ROLLBACK_COMPLETE"

    done = deploying("deploy", "--stage", "test", "--yes")

    assert done.exit_code == 0
    assert "Before that, stack overdue-test (ROLLBACK_COMPLETE) is removed; its tables stay" in done.stderr
    assert (stack()["StackStatus"], stack()["StackId"] == found.stack_id) == ("UPDATE_COMPLETE", False)


def test_a_stack_that_cannot_be_deployed_to_says_what_to_do() -> None:
    deploying("deploy", "--stage", "test", "--yes")
    [found] = cloudformation_backends[ACCOUNT]["us-east-1"].stacks.values()
    found.status = "DELETE_FAILED"

    done = deploying("deploy", "--stage", "test", "--yes")

    assert done.exit_code == 1
    assert "Stack overdue-test is DELETE_FAILED, and cannot be deployed to. Take it away with" in done.stderr


CHECKS = "version: 1\nchecks:\n  nightly-backup:\n    every: 1d\n"


A_CHECK = {
    "tags": "",
    "desc": "",
    "grace": 3600,
    "n_pings": 0,
    "status": "new",
    "started": False,
    "last_ping": None,
    "next_ping": None,
    "uuid": "0f3a1b3c-7a51-4ac1-8d6f-1f6f5c1f0a11",
}


def test_checks_are_applied_with_a_key_that_is_gone_afterwards(tmp_path: Path) -> None:
    (tmp_path / "checks.yaml").write_text(CHECKS)

    def api(asked: Asked) -> Says:
        if asked.method == "GET":
            return Says(body={"checks": []})
        return Says(status=201, body=A_CHECK | {name: asked.json()[name] for name in ("name", "slug")})

    with stand_in(api) as server:
        done = deploying(
            *("deploy", "--stage", "test", "--yes", "--checks", str(tmp_path / "checks.yaml")),
            template=a_template(server.base),
        )

    assert done.exit_code == 0
    assert [each.method for each in server.asked] == ["GET", "POST"]
    used = server.asked[0].headers["x-api-key"]
    assert len(used) == 32
    names = deploying("keys", "list", "--stage", "test", "--json")
    assert [each["name"] for each in json.loads(names.stdout)] == ["first key", "ping key"]


def test_checks_that_cannot_be_applied_leave_a_stage_that_is_deployed(tmp_path: Path) -> None:
    (tmp_path / "checks.yaml").write_text(CHECKS)

    with stand_in(lambda _: Says(status=503, body="")) as server:
        done = deploying(
            *("deploy", "--stage", "test", "--yes", "--checks", str(tmp_path / "checks.yaml")),
            template=a_template(server.base),
        )

    assert done.exit_code == 1
    assert "Stage test is deployed, but its checks could not be applied: " in done.stderr
    assert "checks.yaml --stage test" in done.stderr
    assert is_there()
    names = deploying("keys", "list", "--stage", "test", "--json")
    assert [each["name"] for each in json.loads(names.stdout)] == ["first key", "ping key"]


def test_a_wrong_file_of_checks_is_told_before_anything_is_deployed(tmp_path: Path) -> None:
    (tmp_path / "checks.yaml").write_text(CHECKS.replace("1d", "sometimes"))

    done = deploying("deploy", "--stage", "test", "--yes", "--checks", str(tmp_path / "checks.yaml"))

    assert done.exit_code == 2
    assert "checks.yaml:4:" in done.stderr
    assert "Nothing was deployed." in done.stderr
    assert not is_there()


def test_a_settings_file_that_cannot_be_written_costs_nothing_but_the_saving() -> None:
    done = deploying("deploy", "--stage", "test", "--yes")  # its settings file is /dev/null
    silent = deploying("deploy", "--stage", "test", "--yes", "--no-save")

    assert done.exit_code == 0
    assert "is no file. Write into it, under [stages.test]: url, region, api_key, ping_key" in done.stderr
    assert "stages.test" not in silent.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--stage", "Prod"], '"Prod" cannot be a stage'),
        (["--stage", "local"], '"local" is the server that runs on this machine'),
        (["--email", "ops"], '--email "ops" is not an e-mail address'),
        (["--sms", "5550100"], '--sms "5550100" is not a phone number with its country'),
        (["--domain", "example"], '--domain "example" is not a name of your own'),
        (["--domain", "o.example.com"], "needs --hosted-zone (its Route 53 zone) or --certificate"),
        (["--hosted-zone", "Z0123456789"], "are for a --domain"),
        (["--domain", "o.example.com", "--hosted-zone", "Z0123456789", "--certificate", "arn:x"], "exclude each other"),
        (["--domain", "o.example.com", "--hosted-zone", "example.com"], "is not the ID of a Route 53 zone"),
        (["--watchdog", "example.com"], '--watchdog "example.com" is not a URL'),
        (
            ["--probe-inside", "10.0.0.1/8"],
            'networks that probes may reach, "10.0.0.1/8": 10.0.0.1/8 has host bits set',
        ),
        (["--tz", "Mars/X"], "Mars/X"),
        (["--checks", "nowhere.yaml"], "nowhere.yaml cannot be read: no such file"),
    ],
)
def test_wrong_usage_is_told_before_aws_is_asked(arguments: list[str], told: str) -> None:
    stage = [] if arguments[0] == "--stage" else ["--stage", "test"]

    done = deploying("deploy", *stage, *arguments, AWS_ENDPOINT_URL="http://127.0.0.1:1")

    assert (done.exit_code, done.stdout) == (2, "")
    assert told in done.stderr


def test_a_certificate_of_another_region_is_refused() -> None:
    arn = f"arn:aws:acm:eu-central-1:{ACCOUNT}:certificate/abc"

    done = deploying("deploy", "--stage", "test", "--yes", "--domain", "o.example.com", "--certificate", arn)

    assert done.exit_code == 1
    assert "the certificate is in eu-central-1, but the stage in us-east-1" in done.stderr
