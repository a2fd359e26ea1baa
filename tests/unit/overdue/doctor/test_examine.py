"""A probe that fails becomes a finding."""

import pytest
from botocore.exceptions import ConnectTimeoutError
from botocore.parsers import ResponseParserError

from chalicelib.domain.errors import OverdueError
from overdue.doctor import connectivity, delivery
from overdue.doctor.examine import DRIFT, PROBES, Probe, look
from overdue.doctor.finding import Finding
from overdue.doctor.stage import Patient
from tests.unit.overdue.doctor.stubbed_aws import StubbedAws


def test_a_missing_permission_is_named_as_aws_names_it() -> None:
    aws = StubbedAws()
    message = (
        "User: arn:aws:iam::1:user/x is not authorized to perform: sqs:getqueueurl on resource: y because no policy"
    )
    aws.refuses("sqs", "get_queue_url", "AccessDenied", message)

    [found] = look(aws.stage(), Probe("dead letters", delivery.queues, ("sqs:GetQueueUrl",)))

    assert (found.about, found.level) == ("dead letters", "warning")
    assert found.found == "not checked: needs sqs:getqueueurl"


def test_if_aws_does_not_name_the_permission_all_that_the_probe_needs_are_named() -> None:
    aws = StubbedAws()
    aws.refuses("sqs", "get_queue_url", "AccessDenied", "Access denied")

    [found] = look(aws.stage(), Probe("dead letters", delivery.queues, ("sqs:GetQueueUrl", "sqs:GetQueueAttributes")))

    assert found.found == "not checked: needs sqs:GetQueueUrl, sqs:GetQueueAttributes"


@pytest.mark.parametrize(
    ("failure", "text"),
    [
        (OverdueError("an error of ours"), "not checked: an error of ours"),
        (
            ConnectTimeoutError(endpoint_url="https://x.test"),
            'not checked: Cannot reach AWS in region eu-central-1: Connect timeout on endpoint URL: "https://x.test"',
        ),
        (
            ResponseParserError("invalid XML received"),
            "not checked: The server answering in region eu-central-1 is not AWS. Check for a proxy.",
        ),
    ],
    ids=["ours", "the network", "a proxy's page"],
)
def test_any_other_error_of_aws_is_a_finding(failure: Exception, text: str) -> None:
    def failing(_: Patient) -> list[Finding]:
        raise failure

    [found] = look(StubbedAws().stage(), Probe("dead letters", failing, ()))

    assert (found.level, found.found) == ("warning", text)


def test_a_bug_of_ours_is_raised() -> None:
    def failing(_: Patient) -> list[Finding]:
        raise KeyError("QueueUrl")

    with pytest.raises(KeyError):
        look(StubbedAws().stage(), Probe("dead letters", failing, ()))


def test_each_probe_says_what_it_needs() -> None:
    for probe in (*PROBES, DRIFT):
        assert probe.needs or probe.look in (connectivity.answers, connectivity.certificate), probe.about
