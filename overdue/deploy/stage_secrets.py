"""The secrets of a stage in SSM that a deploy writes, before its functions change: signing secrets, the watchdog's URL.

They are SecureStrings instead of template parameters, because a parameter would be readable by everybody who may
describe the stack, and an environment variable by everybody who may describe the function. Channels' addresses are
written by `overdue.channel_keeping`.
"""

from collections.abc import Mapping

from botocore.exceptions import ClientError

from chalicelib.store.secure_strings import ALERT_LINK_SECRET, SESSION_SECRET, WATCHDOG_URL, get_or_create, parameter
from overdue.deploy.aws import PATIENT, Account

WATCHDOG_PARAMETER = "WatchdogUrl"  # of the template; used by stages deployed before the URL moved to SSM
_HIDDEN = "****"  # how CloudFormation shows the value of a NoEcho parameter


def make_signing_secrets(account: Account) -> bool:
    """Make the signing secrets that are missing; False if SSM refused. A stage works without them."""
    ssm = account.session.client("ssm", config=PATIENT)
    try:
        for name in (SESSION_SECRET, ALERT_LINK_SECRET):
            get_or_create(ssm, account.stage, name)
    except ClientError:
        return False
    return True


def watchdog_to_write(chosen: str | None, *, known: Mapping[str, str]) -> str | None:
    """The watchdog's URL that goes to SSM: the one chosen now, else the one that the stack has as a parameter.

    "" means that there is no watchdog any more, None that SSM stays as it is. `known` are the stack's parameters.
    """
    if chosen is not None:
        return chosen
    of_stack = known.get(WATCHDOG_PARAMETER, "")
    return None if of_stack in ("", _HIDDEN) else of_stack


def write_watchdog(account: Account, url: str) -> None:
    """Write the URL into SSM; "" deletes it. The sweep uses the new one within ten minutes. Raises ClientError."""
    ssm = account.session.client("ssm", config=PATIENT)
    name = parameter(account.stage, WATCHDOG_URL)
    if not url:
        ssm.delete_parameters(Names=[name])  # unlike delete_parameter, no error if there is none
        return
    about = "Called by Overdue after each full sweep"
    ssm.put_parameter(Name=name, Value=url, Type="SecureString", Overwrite=True, Description=about)
