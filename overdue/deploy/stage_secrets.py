"""Write the secrets of a stage to SSM before its functions change: signing secrets, and the watchdog's URL.

They are SecureStrings instead of template parameters, because everybody who can describe the stack could read a
parameter, and everybody who can describe the function an environment variable. `overdue.channels.admin` writes the
addresses of channels.
"""

from collections.abc import Mapping

from botocore.exceptions import ClientError

from chalicelib.store.secure_strings import ALERT_LINK_SECRET, SESSION_SECRET, WATCHDOG_URL, get_or_create, parameter
from overdue.aws.account import PATIENT, Account

WATCHDOG_PARAMETER = "WatchdogUrl"  # of the template, for stages deployed before the URL moved to SSM
_HIDDEN = "****"  # how CloudFormation shows the value of a NoEcho parameter


def make_signing_secrets(account: Account) -> bool:
    """Create missing signing secrets. False if SSM refused; a stage works without them."""
    ssm = account.session.client("ssm", config=PATIENT)
    try:
        for name in (SESSION_SECRET, ALERT_LINK_SECRET):
            get_or_create(ssm, account.stage, name)
    except ClientError:
        return False
    return True


def watchdog_to_write(chosen: str | None, *, known: Mapping[str, str]) -> str | None:
    """The watchdog's URL to write to SSM: the one given now, else the one in the stack's parameters (`known`).

    "" means to remove the watchdog, None to leave SSM unchanged.
    """
    if chosen is not None:
        return chosen
    of_stack = known.get(WATCHDOG_PARAMETER, "")
    return None if of_stack in ("", _HIDDEN) else of_stack


def write_watchdog(account: Account, url: str) -> None:
    """Write the URL to SSM; "" deletes it. The sweep uses the new one within ten minutes. Raises ClientError."""
    ssm = account.session.client("ssm", config=PATIENT)
    name = parameter(account.stage, WATCHDOG_URL)
    if not url:
        ssm.delete_parameters(Names=[name])  # unlike delete_parameter, no error if there is none
        return
    about = "Called by Overdue after each full sweep"
    ssm.put_parameter(Name=name, Value=url, Type="SecureString", Overwrite=True, Description=about)
