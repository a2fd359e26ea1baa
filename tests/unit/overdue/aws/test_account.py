"""The AWS account of a command, and the translation of AWS errors into messages."""

import os
from pathlib import Path

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, TokenRetrievalError

from chalicelib.domain.errors import BadInput, OverdueError
from overdue.aws.account import Account, Refused, is_passing, missing_permission, speaking
from overdue.cli.settings import Settings

NOBODY = "http://127.0.0.1:1"  # a port without a listener


def settings(*, stage: str | None = "test", region: str | None = "us-east-1", local: str | None = None) -> Settings:
    return Settings(stage=stage, url=None, api_key=None, ping_key=None, region=region, dynamodb_url=local)


@pytest.fixture(autouse=True)
def _no_account(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ENDPOINT_URL", NOBODY)


def log_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "made-up")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "made-up")


def test_missing_settings_are_reported_before_aws_is_called(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="Use --stage"):
        Account.of(settings(stage=None))
    with pytest.raises(BadInput, match="is a server on this machine"):
        Account.of(settings(local="http://127.0.0.1:8000"))
    with pytest.raises(BadInput, match=r"No AWS region for stage test\. Use --region"):
        Account.of(settings(region=None))
    with pytest.raises(Refused, match=r"No AWS credentials\. Set AWS_PROFILE"):
        Account.of(settings())
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(Refused, match=r"profile \(nobody\) could not be found\. AWS_PROFILE must name a profile"):
        Account.of(settings())
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    (tmp_path / "credentials").write_text("[nobody]\naws_access_key_id = half\n")
    with pytest.raises(Refused, match="The AWS credentials are unusable: Partial credentials"):
        Account.of(settings())


def test_a_misspelled_region_gets_a_suggestion(monkeypatch: pytest.MonkeyPatch) -> None:
    log_in(monkeypatch)

    with pytest.raises(
        BadInput, match=r'"eu-centrl-1" is not a known AWS region and cannot be reached\. Did you mean eu-central-1'
    ):
        Account.of(settings(region="eu-centrl-1"))
    with pytest.raises(OverdueError, match="Cannot reach AWS in region us-east-1: Could not connect"):
        Account.of(settings())


def an_error(code: str, message: str = "", operation: str = "CreateChangeSet", status: int = 400) -> ClientError:
    answer = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, operation)  # type: ignore[arg-type]  # the rest of the metadata is not read


DENIED = (
    "User: arn:aws:iam::123456789012:user/ann is not authorized to perform: cloudformation:CreateChangeSet on "
    "resource: arn:aws:cloudformation:us-east-1:123456789012:stack/x/* because no identity-based policy "
    "allows the cloudformation:CreateChangeSet action"
)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (an_error("ExpiredToken"), "These AWS credentials have expired. Log in to AWS again."),
        (an_error("InvalidClientTokenId"), "Log in to AWS again, or check that this account has enabled region us-eas"),
        (
            an_error("InvalidSignatureException", "Signature expired: 1 is now earlier than 2"),
            "machine's clock is wrong",
        ),
        (an_error("AccessDenied", DENIED, status=403), "may not perform cloudformation:CreateChangeSet on arn:aws:c"),
        (an_error("AccessDenied", DENIED, status=403), "because no identity-based policy allows the cloudformation:Cr"),
        (
            an_error("AccessDenied", "Access Denied", "PutBucketEncryption"),
            "may not perform s3:PutEncryptionConfiguration. Grant",
        ),
        (
            an_error("403", f"<Error><Code>AccessDenied</Code><Message>{DENIED}</Message></Error>", status=403),
            "may not perform cloudformation:CreateChangeSet on arn:aws:c",
        ),
        (
            an_error("403", "<Error><Code>InvalidClientTokenId</Code><Message>x</Message></Error>", status=403),
            "AWS rejected these credentials",
        ),
        (
            an_error("403", "<html>Forbidden</html>", status=403),
            "is not AWS. Check for a proxy. It answered 403.",
        ),
        (an_error("Throttling"), r"throttling or failing (Throttling at CreateChangeSet). Try again"),
        (an_error("ValidationError", "Template error"), "AWS refused CreateChangeSet: Template error"),
        (TokenRetrievalError(provider="sso", error_msg="expired"), "Log in again, for example with `aws sso login`."),
        (ConnectTimeoutError(endpoint_url=NOBODY), "Cannot reach AWS in region us-east-1: Connect timeout"),
    ],
)
def test_each_refusal_says_what_to_do(error: Exception, message: str) -> None:
    with pytest.raises(OverdueError) as raised, speaking(region="us-east-1"):
        raise error

    assert message in str(raised.value)


def test_a_missing_permission_is_named_as_aws_names_it_and_a_bad_token_is_not_one() -> None:
    xml = "<Error><Code>{}</Code><Message>{}</Message></Error>"
    assert missing_permission(an_error("403", xml.format("AccessDenied", DENIED))) == "cloudformation:CreateChangeSet"
    assert missing_permission(an_error("403", xml.format("InvalidClientTokenId", "invalid"))) is None


def test_an_exception_of_our_own_passes_unchanged() -> None:
    with pytest.raises(KeyError), speaking(region="us-east-1"):
        raise KeyError("Outputs")


def test_transient_errors_differ_from_permanent_ones() -> None:
    assert is_passing(an_error("Throttling"))
    assert is_passing(an_error("whatever", status=503))
    assert is_passing(ConnectTimeoutError(endpoint_url=NOBODY))
    assert not is_passing(an_error("AccessDenied", status=403))
