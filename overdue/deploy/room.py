"""Whether an account has Lambda concurrency to set aside for the sweep; a new one, with its limit of 10, has not."""

from botocore.exceptions import ClientError

from overdue.deploy.aws import PATIENT, Account

RESERVED = 8 + 3  # executions: the template's default for the parts of a sweep, and what the sweep itself has
MUST_STAY = 100  # unreserved, says Lambda


def has_room(account: Account) -> bool:
    """One call. Whoever may not ask hears of it from the stack's creation, if at all."""
    try:
        found = account.session.client("lambda", config=PATIENT).get_account_settings()
    except ClientError:
        return True
    return found["AccountLimit"]["UnreservedConcurrentExecutions"] >= RESERVED + MUST_STAY
