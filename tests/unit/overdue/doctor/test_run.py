"""One look that fails is one finding."""

import pytest
from botocore.exceptions import ConnectTimeoutError
from botocore.parsers import ResponseParserError

from chalicelib.domain.errors import OverdueError
from overdue.doctor import connectivity, delivery
from overdue.doctor.finding import Finding
from overdue.doctor.run import DRIFT, PROBES, Probe, look
from overdue.doctor.stage import Patient
from tests.unit.overdue.doctor.clinic import Clinic


def test_a_missing_permission_is_named_as_aws_names_it() -> None:
    clinic = Clinic()
    said = "User: arn:aws:iam::1:user/x is not authorized to perform: sqs:getqueueurl on resource: y because no policy"
    clinic.refuses("sqs", "get_queue_url", "AccessDenied", said)

    [found] = look(clinic.patient(), Probe("dead letters", delivery.queues, ("sqs:GetQueueUrl",)))

    assert (found.about, found.level) == ("dead letters", "warning")
    assert found.found == "could not look: needs sqs:getqueueurl"


def test_where_aws_does_not_name_it_all_that_the_probe_needs_are_named() -> None:
    clinic = Clinic()
    clinic.refuses("sqs", "get_queue_url", "AccessDenied", "Access denied")

    [found] = look(
        clinic.patient(), Probe("dead letters", delivery.queues, ("sqs:GetQueueUrl", "sqs:GetQueueAttributes"))
    )

    assert found.found == "could not look: needs sqs:GetQueueUrl, sqs:GetQueueAttributes"


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        (OverdueError("it is so"), "could not look: it is so"),
        (
            ConnectTimeoutError(endpoint_url="https://x.test"),
            'could not look: Cannot reach AWS in region eu-central-1: Connect timeout on endpoint URL: "https://x.test"',
        ),
        (
            ResponseParserError("invalid XML received"),
            (
                "could not look: The server that answers for AWS in region eu-central-1 is not AWS. "
                "Check for a proxy in between."
            ),
        ),
    ],
    ids=["ours", "the network", "a proxy's page"],
)
def test_other_trouble_is_a_finding_too(trouble: Exception, said: str) -> None:
    def failing(_: Patient) -> list[Finding]:
        raise trouble

    [found] = look(Clinic().patient(), Probe("dead letters", failing, ()))

    assert (found.level, found.found) == ("warning", said)


def test_a_bug_of_ours_is_no_finding() -> None:
    def failing(_: Patient) -> list[Finding]:
        raise KeyError("QueueUrl")

    with pytest.raises(KeyError):
        look(Clinic().patient(), Probe("dead letters", failing, ()))


def test_each_probe_says_what_it_needs() -> None:
    for probe in (*PROBES, DRIFT):
        assert probe.needs or probe.look in (connectivity.answers, connectivity.certificate), probe.about
