"""`overdue keys` and `overdue projects` on the tables of a stage."""

import json
import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from click.testing import CliRunner, Result

from chalicelib import runtime
from chalicelib.domain.errors import NotFound
from chalicelib.domain.keys import Scope
from chalicelib.store.registry.projects import Registry
from overdue.cli.main import main
from tests.builders import hours
from tests.integration.conftest import Deployment
from tests.stand_in import Says, stand_in

pytestmark = pytest.mark.on_moto("the calls that reach the engine are what is tested")


def overdue(*arguments: str, **environ: str | None) -> Result:
    known = {"OVERDUE_CONFIG": os.devnull, "AWS_REGION": "us-east-1"}
    return CliRunner().invoke(main, arguments, env=known | environ, catch_exceptions=False)


@pytest.fixture
def stage(deployment: Deployment) -> Iterator[Deployment]:
    """The stage `test`; afterwards the app connects anew."""
    yield deployment
    runtime.wiring.cache_clear()


def test_a_key_is_printed_alone_so_that_a_shell_can_take_it(stage: Deployment) -> None:
    done = overdue("keys", "add", "laptop", "--scope", "read-only", "--stage", "test")

    secret = done.stdout.removesuffix("\n")
    assert len(secret) == 32
    assert Registry().key(secret, now=stage.now).scope is Scope.READ_ONLY
    assert 'the read-only key "laptop" of project default' in done.stderr
    assert secret not in done.stderr


def test_a_name_is_used_once_and_a_project_must_exist(stage: Deployment) -> None:  # noqa: ARG001  # its tables
    overdue("keys", "add", "laptop", "--stage", "test")

    again = overdue("keys", "add", "laptop", "--stage", "test")
    elsewhere = overdue("keys", "add", "--project", "billing", "--stage", "test")

    assert (again.exit_code, again.stdout) == (1, "")
    assert "overdue keys rotate laptop --stage test" in again.stderr
    assert "overdue projects add billing --stage test" in elsewhere.stderr
    made = overdue("projects", "add", "billing", "--stage", "test")
    assert "overdue keys add --project billing --stage test" in made.stderr


def test_a_command_to_copy_is_one_that_a_shell_takes_whatever_the_name(stage: Deployment) -> None:  # noqa: ARG001  # its tables
    name = """Ann's "new" $laptop"""
    overdue("keys", "add", name, "--stage", "test")

    hint = overdue("keys", "add", name, "--stage", "test").stderr.partition("replace it with: overdue ")[2]

    assert shlex.split(hint)[:3] == ["keys", "rotate", name]
    assert overdue(*shlex.split(hint)).exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["keys", "add", ""], "'' is not a valid key name"),
        (["keys", "add", "a\nb"], r"'a\nb' is not a valid key name"),
        (["keys", "add", "a\u202eb"], r"'a\u202eb' is not a valid key name"),
        (["keys", "add", "x" * 101], "Use 1 to 100 printable characters"),
        (["keys", "rotate", "laptop", "--overlap", "soon"], '--overlap "soon" is not a duration'),
        (["projects", "add", "Billing"], '"Billing" is not a valid project name'),
    ],
)
def test_what_can_never_be_a_name_is_wrong_usage(arguments: list[str], told: str) -> None:
    done = overdue(*arguments, "--stage", "test")

    assert (done.exit_code, done.stdout) == (2, "")
    assert told in done.stderr


@pytest.mark.parametrize(
    ("arguments", "environ", "told"),
    [
        (["--region", "../x"], {}, '"../x" is not an AWS region'),
        ([], {"AWS_PROFILE": "nobody"}, "The config profile (nobody) could not be found"),
    ],
)
def test_aws_that_cannot_be_asked_is_told_in_one_line(
    stage: Deployment,  # noqa: ARG001  # its tables
    arguments: list[str],
    environ: dict[str, str],
    told: str,
) -> None:
    done = overdue("keys", "list", "--stage", "test", *arguments, **environ)

    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert told in done.stderr


DENIED = (
    "User: arn:aws:iam::123456789012:user/ann is not authorized to perform: dynamodb:Scan on resource: "
    "arn:aws:dynamodb:us-east-1:123456789012:table/overdue-test-registry because no identity-based policy allows it"
)
IN_XML = "<ErrorResponse><Error><Code>{}</Code><Message>{}</Message></Error></ErrorResponse>"


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (
            Says(403, IN_XML.format("InvalidClientTokenId", "The token is invalid")),
            "AWS rejected these credentials",
        ),
        (Says(403, IN_XML.format("AccessDenied", DENIED)), "may not perform dynamodb:Scan on arn:aws:dynamodb:us-east"),
        (Says(400, {"__type": "x#AccessDeniedException", "Message": DENIED}), "may not perform dynamodb:Scan on arn"),
        (
            Says(403, "<html>Forbidden</html>"),
            "The server answering in region us-east-1 is not AWS. Check for a proxy.",
        ),
    ],
)
def test_what_dynamodb_refuses_is_told_in_words_whatever_it_speaks(
    stage: Deployment,  # noqa: ARG001  # afterwards the app connects anew
    answer: Says,
    told: str,
) -> None:
    with stand_in(lambda _: answer) as refusing:
        done = overdue("keys", "list", "--stage", "test", AWS_ENDPOINT_URL_DYNAMODB=refusing.base)

    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert told in done.stderr
    assert "<" not in done.stderr


def test_a_rotated_key_works_until_its_end_beside_the_new_one(stage: Deployment) -> None:
    old = overdue("keys", "add", "laptop", "--stage", "test").stdout.strip()
    new = json.loads(overdue("keys", "rotate", "laptop", "--overlap", "2h", "--stage", "test", "--json").stdout)["key"]

    ends = Registry().key(old, now=stage.now).expires_at
    assert ends is not None
    assert Registry().key(old, now=ends - hours(0.1)) == Registry().key(old, now=stage.now)
    with pytest.raises(NotFound):
        Registry().key(old, now=ends)
    assert Registry().key(new, now=ends).expires_at is None


def test_revoking_needs_a_yes_where_nobody_can_be_asked(stage: Deployment) -> None:
    secret = overdue("keys", "add", "laptop", "--stage", "test").stdout.strip()

    asked = overdue("keys", "revoke", "laptop", "--stage", "test")
    assert (asked.exit_code, asked.stdout) == (1, "")
    assert Registry().key(secret, now=stage.now).name == "laptop"

    overdue("keys", "revoke", "laptop", "--yes", "--stage", "test")
    with pytest.raises(NotFound):
        Registry().key(secret, now=stage.now)


def test_the_project_that_is_always_there_cannot_be_made(stage: Deployment) -> None:  # noqa: ARG001  # its tables
    assert overdue("projects", "add", "billing", "--stage", "test").exit_code == 0
    assert json.loads(overdue("projects", "list", "--stage", "test", "--json").stdout) == ["billing", "default"]

    for name in ("default", "billing"):
        assert f'there is a project "{name}" already' in overdue("projects", "add", name, "--stage", "test").stderr


@pytest.mark.parametrize(
    ("arguments", "environ", "told"),
    [
        ([], {}, "No stage given. Use --stage NAME"),
        (["--stage", "nowhere"], {}, "There is no stage nowhere in us-east-1. Deploy it first"),
        (
            ["--stage", "test"],
            {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None, "AWS_SHARED_CREDENTIALS_FILE": os.devnull},
            "No AWS credentials",
        ),
        (["--stage", "test"], {"AWS_REGION": None, "AWS_DEFAULT_REGION": None}, "Use --region, or set AWS_REGION"),
    ],
)
def test_what_is_missing_is_named(
    stage: Deployment,  # noqa: ARG001  # its tables
    arguments: list[str],
    environ: dict[str, str | None],
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)  # where no server runs
    no_files = {"AWS_CONFIG_FILE": os.devnull, "AWS_EC2_METADATA_DISABLED": "true"}

    done = overdue("keys", "list", *arguments, **(no_files | environ))

    assert (done.exit_code, done.stdout) == (1, "")
    assert told in done.stderr


GROUP = "/aws/lambda/overdue-test-api"


def logged() -> list[dict[str, str]]:
    """What operators have done, as the stage's security log has it."""
    logs = boto3.client("logs", region_name="us-east-1")
    events = logs.get_log_events(logGroupName=GROUP, logStreamName="operators")["events"]
    return [json.loads(event["message"]) for event in events]


def test_changes_of_keys_are_in_the_security_log_with_who_made_them_and_without_a_key(stage: Deployment) -> None:  # noqa: ARG001  # its tables
    boto3.client("logs", region_name="us-east-1").create_log_group(logGroupName=GROUP)

    first = overdue("keys", "add", "laptop", "--stage", "test").stdout.strip()
    second = overdue("keys", "rotate", "laptop", "--overlap", "0", "--stage", "test").stdout.strip()
    revoked = overdue("keys", "revoke", second[:4], "--yes", "--stage", "test")

    assert "Warning" not in revoked.stderr
    events = logged()
    assert [(each["event"], each["key_prefix"]) for each in events] == [
        ("key_added", first[:4]),
        ("key_added", second[:4]),
        ("key_ends", first[:4]),
        ("key_revoked", second[:4]),
    ]
    for each in events:
        assert (each["log"], each["by"], each["project"], each["key"]) == ("security", "aws", "default", "laptop")
        assert each["actor"].startswith("arn:aws:")
        assert first[:5] not in json.dumps(each)
        assert second[:5] not in json.dumps(each)


def test_a_key_is_made_and_shown_although_it_cannot_be_logged(stage: Deployment) -> None:
    done = overdue("keys", "add", "laptop", "--stage", "test")

    assert done.exit_code == 0
    assert Registry().key(done.stdout.strip(), now=stage.now).name == "laptop"
    assert "Warning: this was not written to the security log (ResourceNotFoundException)." in done.stderr


def test_no_command_changes_a_key_without_logging_it() -> None:
    """Only `keyring` may; a local server has no log, and the key of `deploy --checks` ends with its command."""
    root = Path(__file__).parents[5] / "overdue"
    users = {
        str(path.relative_to(root))
        for path in root.rglob("*.py")
        if re.search(r"(?:registry|projects)\.(add_key|expire_key|revoke_key)\(", path.read_text())
    }
    assert users == {"aws/key_admin.py", "local/run.py", "deploy/bootstrap.py"}
