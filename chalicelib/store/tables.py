"""The three tables as pynamodb sees them, one client for all, and how its faults are told apart.

Keys and indexes are those of `infra/template.yaml`. pynamodb would make one client per Model, 90 ms of a cold
start each; `connect` makes one and shares it. The ping path calls that client itself (docs/adr/0005).
"""

import json
from base64 import b64decode
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.attributes import BinaryAttribute, BooleanAttribute, ListAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import PynamoDBException
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex, KeysOnlyProjection
from pynamodb.models import Model

from chalicelib.domain.errors import Unavailable
from chalicelib.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_sns import SNSClient

SCHEMA = 1  # of items and rows; raised when their attributes change their meaning
SHARDS = 8
CONDITION_FAILED = "ConditionalCheckFailedException"


class DueIndex(GlobalSecondaryIndex["CheckItem"]):  # type: ignore[no-untyped-call]  # pynamodb 6.1 leaves it untyped
    """Sparse: only checks for which something is to come."""

    class Meta:
        """Keys only: what is due is read from the table, strongly."""

        index_name = "due"
        projection = KeysOnlyProjection()

    due_shard = NumberAttribute(hash_key=True)
    due_at = NumberAttribute(range_key=True)


class SlugIndex(GlobalSecondaryIndex["CheckItem"]):  # type: ignore[no-untyped-call]  # as above
    """Look-up by slug, and listing; no ping ever writes to it."""

    class Meta:
        """Keys only, as above."""

        index_name = "slugs"
        projection = KeysOnlyProjection()

    project = UnicodeAttribute(hash_key=True)
    slug = UnicodeAttribute(range_key=True)


class CheckItem(Model):
    """A check's keys. The whole item has one codec, `items`: take keys from here, never save one."""

    class Meta:
        """Set by `connect`."""

        table_name = ""

    code = UnicodeAttribute(hash_key=True)
    due_shard = NumberAttribute(null=True)
    due_at = NumberAttribute(null=True)
    setbacks = NumberAttribute(null=True)
    project = UnicodeAttribute()
    slug = UnicodeAttribute()
    due = DueIndex()
    slugs = SlugIndex()


class FlipIndex(GlobalSecondaryIndex["HistoryItem"]):  # type: ignore[no-untyped-call]  # as above
    """Sparse: the flips of a project by instant."""

    class Meta:
        """Whole rows: they are few, and small."""

        index_name = "flips"
        projection = AllProjection()

    flip_project = UnicodeAttribute(hash_key=True)
    flip_at = NumberAttribute(range_key=True)


class HistoryItem(Model):
    """A row of a check's history: a ping, a flip, or what was judged. `sort` says which (see `history`)."""

    class Meta:
        """Set by `connect`."""

        table_name = ""

    code = UnicodeAttribute(hash_key=True)
    sort = UnicodeAttribute(range_key=True)
    schema = NumberAttribute(attr_name="v")
    at = NumberAttribute()
    expires_at = NumberAttribute()
    # pings
    signal = UnicodeAttribute(null=True)
    request = UnicodeAttribute(null=True)  # verb, scheme, address and user agent, with blanks between
    rid = UnicodeAttribute(null=True)
    exit_status = NumberAttribute(null=True)
    items = NumberAttribute(null=True, attr_name="count")  # `count` is a method of Model
    took = NumberAttribute(null=True)
    outcome = UnicodeAttribute(null=True)  # of the run whose end it reported: success, late, failed, too_short
    exceeded = BooleanAttribute(null=True)  # that run took longer than its limit
    body = BinaryAttribute(null=True, legacy_encoding=False)
    body_z = BinaryAttribute(null=True, legacy_encoding=False)  # compressed
    # what was judged
    since = NumberAttribute(null=True)  # when the missed success was expected; the start of a count window
    # flips
    old = UnicodeAttribute(null=True)
    new = UnicodeAttribute(null=True)
    reason = UnicodeAttribute(null=True)
    sent: ListAttribute[Any] = ListAttribute(null=True)
    flip_project = UnicodeAttribute(null=True)
    flip_at = NumberAttribute(null=True)
    flips = FlipIndex()


class RegistryItem(Model):
    """What changes rarely: projects, keys, channels, claims of slugs (see `registry`)."""

    class Meta:
        """Set by `connect`."""

        table_name = ""

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    schema = NumberAttribute(attr_name="v", default=SCHEMA)
    project = UnicodeAttribute(null=True)
    scope = UnicodeAttribute(null=True)
    name = UnicodeAttribute(null=True)
    prefix = UnicodeAttribute(null=True)
    kind = UnicodeAttribute(null=True)
    target = UnicodeAttribute(null=True)
    subscription = UnicodeAttribute(null=True)
    created_at = NumberAttribute(null=True)
    expires_at = NumberAttribute(null=True)
    code = UnicodeAttribute(null=True)
    secret = UnicodeAttribute(null=True)
    every_s = NumberAttribute(null=True)
    behind_s = NumberAttribute(null=True)
    ledger = UnicodeAttribute(null=True)
    tags = UnicodeAttribute(null=True)
    steps = UnicodeAttribute(null=True)
    in_flight = UnicodeAttribute(null=True)


@dataclass(frozen=True, slots=True)
class Tables:
    """The way to DynamoDB: one client, three names."""

    client: "DynamoDBClient"
    checks: str
    history: str
    registry: str
    history_days: int


def connect(settings: Settings) -> Tables:
    """Point the Models at this deployment's tables, and give all of them one client with short time-outs."""
    names = {CheckItem: settings.checks_table, HistoryItem: settings.history_table}
    names[RegistryItem] = settings.registry_table
    for model, name in names.items():
        meta: Any = model.Meta
        meta.table_name, meta.region, meta.host = name, settings.region, settings.endpoint_url
        model._connection = None  # noqa: SLF001  # a new host needs it, says pynamodb 6.1's code
    client = _client(CheckItem._get_connection().connection.session, settings)  # noqa: SLF001  # no public way
    for model in names:
        connection: Any = model._get_connection().connection  # noqa: SLF001  # as above
        connection._client = client  # noqa: SLF001  # as above
    return Tables(client, settings.checks_table, settings.history_table, settings.registry_table, settings.history_days)


def _client(session: Any, settings: Settings) -> "DynamoDBClient":
    """What is sent is well-formed by construction, so botocore need not look: 35 µs a call. Its standard retries
    cost 20 µs less than its old ones. A ping must answer soon: one more try, and short time-outs.
    """
    config = Config(
        connect_timeout=1,
        read_timeout=2,
        parameter_validation=False,
        retries={"mode": "standard", "total_max_attempts": 2},
    )
    client: DynamoDBClient = session.create_client(
        "dynamodb", region_name=settings.region, endpoint_url=settings.endpoint_url, config=config
    )
    # botocore 1.44 works the same endpoint out anew for each call, 30 µs; without a resolver it takes the client's own
    for operation in ("GetItem", "UpdateItem", "BatchGetItem", "Query"):
        client.meta.events.register(f"before-parse.dynamodb.{operation}", _read_plainly)
    client._ruleset_resolver = None  # type: ignore[attr-defined]  # noqa: SLF001  # it has no setting for that
    return client


def _read_plainly(response_dict: Any, customized_response_dict: dict[str, Any], **_: Any) -> None:
    """Read items without botocore's parser, which walks through the model's shapes for each value: 0.1 ms a check.
    Decode `B` at the top level of an item, where all of ours are. Leave refusals to botocore.
    """
    if response_dict["status_code"] != 200:
        return
    answer = json.loads(response_dict["body"])
    rows = [answer[name] for name in ("Item", "Attributes") if name in answer]
    for row in chain(rows, answer.get("Items", ()), *answer.get("Responses", {}).values()):
        for value in row.values():
            if "B" in value:
                value["B"] = b64decode(value["B"])
    customized_response_dict.update(answer)
    response_dict["body"] = b"{}"


def sns_client(settings: Settings, config: Config) -> "SNSClient":
    """The second client of a process, from the session of the first: 5 ms instead of 40."""
    client: SNSClient = _session().create_client(
        "sns", region_name=settings.region, endpoint_url=settings.sns_endpoint_url, config=config
    )
    client.meta.events.register("before-call.sns", _encode_once)
    return client


def _encode_once(params: dict[str, Any], **_: Any) -> None:
    """Encode the form. botocore 1.44 would encode it twice, to sign and to send it: 1 ms of CPU per alert."""
    params["body"] = urlencode(params["body"]).encode()


def lambda_client(settings: Settings, config: Config) -> "LambdaClient":
    """A third one, likewise."""
    client: LambdaClient = _session().create_client("lambda", region_name=settings.region, config=config)
    return client


def _session() -> Any:
    return CheckItem._get_connection().connection.session  # noqa: SLF001  # as above


_PASSING = {
    "InternalServerError",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ServiceUnavailable",
    "ThrottlingException",
}


class Talking:
    """Around one call to DynamoDB: a throttle or an outage becomes Unavailable, all else flies on."""

    def __enter__(self) -> None:
        """Nothing to prepare: a class costs 1 µs a call, a generator 4."""

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        """Raises Unavailable."""
        if isinstance(error, PynamoDBException):
            _raise_if_passing(error.cause if isinstance(error.cause, Exception) else error, error)
        elif isinstance(error, ClientError | BotoCoreError):
            _raise_if_passing(error, error)


talking = Talking()


def _raise_if_passing(cause: Exception, error: Exception) -> None:
    if isinstance(cause, ClientError):
        status = cause.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if cause.response["Error"]["Code"] not in _PASSING and status < 500:
            return
    elif not isinstance(cause, BotoCoreError):
        return
    raise Unavailable("DynamoDB did not answer as it should: try again in a few seconds") from error
