"""How much Lambda concurrency a stage may set aside for its sweep; a new account, with its limit of 10, has none."""

from botocore.exceptions import ClientError

from overdue.aws.account import PATIENT, Account

FOR_PARTS = 8  # executions: the template's default of ReservedSweeps
FEWEST_FOR_PARTS = 4  # a sweep has four parts
FOR_SWEEP = 3  # what the template reserves for the sweep in addition
MUST_STAY = 100  # unreserved, says Lambda


def reservable(account: Account, *, wanted: int) -> int:
    """The executions that can be set aside for the parts of a sweep: as many as wanted, else what fits, 0 for none.

    What the stage holds already counts as free: an update gives it back first. Three calls. Someone who may not ask
    gets what is wanted, and the stack's own error if that does not fit.
    """
    if wanted == 0:
        return 0
    client = account.session.client("lambda", config=PATIENT)
    try:
        free = client.get_account_settings()["AccountLimit"]["UnreservedConcurrentExecutions"]
        for function in ("sweep", "storm"):
            try:
                held = client.get_function_concurrency(FunctionName=account.named(function))
            except client.exceptions.ResourceNotFoundException:
                continue
            free += held.get("ReservedConcurrentExecutions", 0)
    except ClientError:
        return wanted
    room = free - MUST_STAY - FOR_SWEEP
    if room >= wanted:
        return wanted
    return room if room >= FEWEST_FOR_PARTS else 0
