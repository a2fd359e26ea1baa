"""The environment that sends AWS's libraries to a local engine, and lets them read nothing of a person's account.

Start at `keep_off_aws`. No engine is imported here: commands that talk to a running one need no moto.
"""

import os
from collections.abc import MutableMapping

from overdue.local.engines import access

REGION = "us-east-1"
ACCOUNT_ID = "123456789012"  # moto's
SECRET_KEY = "overdue-local"  # noqa: S105  # an engine compares the access key, and does not verify signatures
LOOPBACK = ("127.0.0.1", "localhost", "::1")
NOT_DELIVERED = "OverdueNotDelivered"  # an attribute that only our SNS gives a subscription: why the last alert failed


def keep_off_aws(environ: MutableMapping[str, str], *, endpoint: str, key: str) -> None:
    """Replace everything that AWS's libraries read from the environment: account, files, role, endpoints, proxy.

    `key` is the access key for signing requests.
    """
    for name in [name for name in environ if name.startswith("AWS_")]:
        del environ[name]
    past_the_proxy = ",".join(filter(None, (environ.get("no_proxy") or environ.get("NO_PROXY"), *LOOPBACK)))
    environ.update(
        {
            "AWS_ACCESS_KEY_ID": key,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": past_the_proxy,
            "no_proxy": past_the_proxy,
        }
    )


def share_database(environ: MutableMapping[str, str]) -> None:
    """Sign requests with a fixed access key, so that a database run by another program finds its tables at each start.

    DynamoDB Local has separate tables for each access key, so this key must not be random. The session token
    authenticates requests to this process's engine, which still serves SNS and SSM.
    """
    environ.update({"AWS_ACCESS_KEY_ID": access.SHARED_KEY, "AWS_SESSION_TOKEN": access.access_key()})
