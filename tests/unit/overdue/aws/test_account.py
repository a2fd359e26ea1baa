"""Who we are at AWS, and what its refusals mean in our words."""

import os
from pathlib import Path

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, TokenRetrievalError

from chalicelib.domain.errors import BadInput, OverdueError
from overdue.aws.account import Account, Refused, is_passing, missing_permission, speaking
from overdue.cli.settings import Settings

NOBODY = "http://127.0.0.1:1"  # a port that nobody listens at


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


def test_what_is_missing_is_said_before_aws_is_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="Say --stage"):
        Account.of(settings(stage=None))
    with pytest.raises(BadInput, match="is a server on this machine"):
        Account.of(settings(local="http://127.0.0.1:8000"))
    with pytest.raises(BadInput, match=r"No AWS region for stage test\. Say --region"):
        Account.of(settings(region=None))
    with pytest.raises(Refused, match=r"No AWS credentials\. Set AWS_PROFILE"):
        Account.of(settings())
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(Refused, match=r"profile \(nobody\) could not be found: AWS_PROFILE names a profile"):
        Account.of(settings())
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    (tmp_path / "credentials").write_text("[nobody]\naws_access_key_id = half\n")
    with pytest.raises(Refused, match="AWS credentials cannot be used: Partial credentials"):
        Account.of(settings())


def test_a_region_that_is_not_one_is_told_with_what_may_be_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    log_in(monkeypatch)

    with pytest.raises(BadInput, match=r'not reached in region "eu-centrl-1"\. Is eu-central-1'):
        Account.of(settings(region="eu-centrl-1"))
    with pytest.raises(OverdueError, match="not reached in region us-east-1: Could not connect"):
        Account.of(settings())


def an_error(code: str, message: str = "", operation: str = "CreateChangeSet", status: int = 400) -> ClientError:
    answer = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, operation)  # type: ignore[arg-type]  # the rest of the metadata says nothing here


DENIED = (
    "User: arn:aws:iam::123456789012:user/ann is not authorized to perform: cloudformation:CreateChangeSet on "
    "resource: arn:aws:cloudformation:us-east-1:123456789012:stack/x/* because no identity-based policy "
    "allows the cloudformation:CreateChangeSet action"
)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (an_error("ExpiredToken"), "These AWS credentials have expired: log in to AWS again"),
        (an_error("InvalidClientTokenId"), "not valid any more, or not here: log in to AWS again; or region us-east-1"),
        (
            an_error("InvalidSignatureException", "Signature expired: 1 is now earlier than 2"),
            "machine's clock is wrong",
        ),
        (an_error("AccessDenied", DENIED, status=403), "may not do cloudformation:CreateChangeSet on arn:aws:cloudf"),
        (an_error("AccessDenied", DENIED, status=403), "because no identity-based policy allows the cloudformation:Cr"),
        (
            an_error("AccessDenied", "Access Denied", "PutBucketEncryption"),
            "may not do s3:PutEncryptionConfiguration. Let",
        ),
        (
            an_error("403", f"<Error><Code>AccessDenied</Code><Message>{DENIED}</Message></Error>", status=403),
            "may not do cloudformation:CreateChangeSet on arn:aws:cloudf",
        ),
        (
            an_error("403", "<Error><Code>InvalidClientTokenId</Code><Message>x</Message></Error>", status=403),
            "not valid any more",
        ),
        (an_error("403", "<html>Forbidden</html>", status=403), "is not AWS: is a proxy in between? It answered 403"),
        (an_error("Throttling"), r"throttled or away (Throttling at CreateChangeSet): try again"),
        (an_error("ValidationError", "Template error"), "AWS did not do CreateChangeSet: Template error"),
        (TokenRetrievalError(provider="sso", error_msg="expired"), "log in again, as with `aws sso login`"),
        (ConnectTimeoutError(endpoint_url=NOBODY), "AWS is not reached in region us-east-1: Connect timeout"),
    ],
)
def test_each_refusal_says_what_to_do(error: Exception, told: str) -> None:
    with pytest.raises(OverdueError) as raised, speaking(region="us-east-1"):
        raise error

    assert told in str(raised.value)


def test_a_missing_permission_is_named_as_aws_names_it_and_a_bad_token_is_none() -> None:
    xml = "<Error><Code>{}</Code><Message>{}</Message></Error>"
    assert missing_permission(an_error("403", xml.format("AccessDenied", DENIED))) == "cloudformation:CreateChangeSet"
    assert missing_permission(an_error("403", xml.format("InvalidClientTokenId", "invalid"))) is None


def test_our_own_bugs_are_not_reworded() -> None:
    with pytest.raises(KeyError), speaking(region="us-east-1"):
        raise KeyError("Outputs")


def test_what_passes_by_itself_is_told_from_what_does_not() -> None:
    assert is_passing(an_error("Throttling"))
    assert is_passing(an_error("whatever", status=503))
    assert is_passing(ConnectTimeoutError(endpoint_url=NOBODY))
    assert not is_passing(an_error("AccessDenied", status=403))
