"""Compute how much Lambda concurrency a stage can reserve for its sweep: none in a new account, whose limit is 10."""

from botocore.exceptions import ClientError

from overdue.aws.account import PATIENT, Account

FOR_PARTS = 8  # executions: the template's default of ReservedSweeps
FEWEST_FOR_PARTS = 4  # a sweep has four parts
FOR_SWEEP = 3  # reserved by the template for the sweep function itself
MUST_STAY = 100  # Lambda requires that many unreserved executions


def reservable(account: Account, *, wanted: int) -> int:
    """The executions that can be reserved for the parts of a sweep: `wanted`, or as many as fit, or 0.

    Executions that the stage has reserved count as free, since an update returns them first. Three calls. If the
    credentials may not read the limits, returns `wanted`; if that does not fit, the stack reports its own error.
    """
    if wanted == 0:
        return 0
    client = account.session.client("lambda", config=PATIENT)
    try:
        free = client.get_account_settings()["AccountLimit"]["UnreservedConcurrentExecutions"]
        for function in ("sweep", "storm"):
            try:
                reserved = client.get_function_concurrency(FunctionName=account.named(function))
            except client.exceptions.ResourceNotFoundException:
                continue
            free += reserved.get("ReservedConcurrentExecutions", 0)
    except ClientError:
        return wanted
    available = free - MUST_STAY - FOR_SWEEP
    if available >= wanted:
        return wanted
    return available if available >= FEWEST_FOR_PARTS else 0
