"""Pings by ping key and slug, and `?create=1`."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from chalicelib.domain.check import Status
from chalicelib.domain.config import Config
from chalicelib.domain.ids import Code
from chalicelib.domain.keys import Key, Scope
from chalicelib.domain.schedule.occurrences import Cron, Every
from chalicelib.store import checks
from chalicelib.store.registry import projects, slug_claims
from tests.integration.conftest import PING_KEY, Deployment

RID = "0f3a1b3c-7a51-4ac1-8d6f-1f6f5c1f0a11"


def made(deployment: Deployment, slug: str) -> list[Config]:
    """The configurations of all checks with a slug."""
    return [deployment.check(code).config for code in checks.codes_by_slug("default", slug)]


def test_a_check_is_pinged_by_its_slug(deployment: Deployment) -> None:
    code = deployment.add(name="invoices")

    answer = deployment.request("GET", f"/ping/{PING_KEY}/invoices")

    assert (answer.status, answer.text, answer.headers["Ping-Body-Limit"]) == (200, "OK", "10000")
    assert deployment.check(code).status is Status.UP


@pytest.mark.parametrize(("action", "status"), [("start", Status.NEW), ("fail", Status.DOWN), ("3", Status.DOWN)])
def test_the_suffixes_are_those_of_a_uuid(deployment: Deployment, action: str, status: Status) -> None:
    code = deployment.add(name="invoices")

    assert deployment.request("POST", f"/ping/{PING_KEY}/invoices/{action}", query={"rid": RID}).status == 200

    assert (deployment.check(code).status, deployment.check(code).n_pings) == (status, 1)


@pytest.mark.parametrize(
    ("path", "query", "status", "text"),
    [
        pytest.param("/ping/nosuchkeynosuchkey1234/invoices", {}, 404, "not found", id="unknown key"),
        pytest.param("/ping/nosuchkeynosuchkey1234/new", {"create": "1"}, 404, "not found", id="… that would create"),
        pytest.param(f"/ping/{PING_KEY.upper()}/invoices", {}, 404, "not found", id="a key's case counts"),
        pytest.param("/ping/rw-key-for-the-api/invoices", {}, 404, "not found", id="an API key is no ping key"),
        pytest.param(f"/ping/{PING_KEY}/nothing", {}, 404, "not found", id="unknown slug"),
        pytest.param(f"/ping/{PING_KEY}/Invoices", {}, 400, "invalid url format", id="slug in upper case"),
        pytest.param(f"/ping/{PING_KEY}/dot.ted", {}, 404, "not found", id="a dot"),
        pytest.param(f"/ping/{PING_KEY}/sp ace", {}, 404, "not found", id="a space"),
        pytest.param(f"/ping/{PING_KEY}/ā", {}, 404, "not found", id="a letter of another script"),
        pytest.param(f"/ping/{PING_KEY}/invoices/bogus", {}, 404, "not found", id="no action"),
        pytest.param(f"/ping/{PING_KEY}/invoices/256", {}, 400, "invalid url format", id="status over 255"),
        pytest.param(f"/ping/{PING_KEY}/new", {"create": "0"}, 404, "not found", id="create=0"),
        pytest.param(f"/ping/{PING_KEY}/new", {"create": "true"}, 404, "not found", id="create=true"),
        pytest.param(f"/ping/{PING_KEY}/new", {"create": "1", "rid": "1"}, 400, "invalid uuid format", id="bad rid"),
        pytest.param(f"/ping/{PING_KEY}/new/256", {"create": "1"}, 400, "invalid url format", id="bad status"),
        pytest.param(f"/ping/{PING_KEY}/new", {"create": "1", "count": "x"}, 400, "invalid count", id="bad count"),
    ],
)
def test_a_refused_ping_changes_and_makes_nothing(
    deployment: Deployment, path: str, query: dict[str, str], status: int, text: str
) -> None:
    code = deployment.add(name="invoices")
    projects.add_key("rw-key-for-the-api", Key("default", Scope.READ_WRITE, "api"), now=deployment.now)

    answer = deployment.request("GET", path, query=query)

    assert (answer.status, answer.text) == (status, text)
    assert deployment.check(code).n_pings == 0
    assert made(deployment, "new") == []


def test_two_checks_with_the_slug_are_ambiguous(deployment: Deployment) -> None:
    codes = [deployment.add(name="invoices"), deployment.add(name="invoices")]

    answer = deployment.request("GET", f"/ping/{PING_KEY}/invoices", query={"create": "1"})

    assert (answer.status, answer.text) == (409, "ambiguous slug")
    assert [deployment.check(code).n_pings for code in codes] == [0, 0]


def test_create_makes_a_check_with_the_defaults_of_healthchecks(deployment: Deployment) -> None:
    answer = deployment.request("GET", f"/ping/{PING_KEY}/invoices", query={"create": "1"})

    assert (answer.status, answer.text) == (201, "Created")
    [config] = made(deployment, "invoices")
    assert (config.name, config.slug, config.channels) == ("invoices", "invoices", ("*",))
    assert (config.schedule, config.grace) == (Every(timedelta(days=1)), timedelta(hours=1))


def test_create_pings_a_check_that_is_there(deployment: Deployment) -> None:
    statuses = [
        deployment.request("GET", f"/ping/{PING_KEY}/invoices", query={"create": "1"}).status,
        deployment.request("GET", f"/ping/{PING_KEY}/invoices", query={"create": "1"}).status,
        deployment.request("GET", f"/ping/{PING_KEY}/invoices").status,
    ]

    assert statuses == [201, 200, 200]
    [code] = checks.codes_by_slug("default", "invoices")
    assert deployment.check(code).n_pings == 3


def test_create_may_say_what_the_check_shall_be_like(deployment: Deployment) -> None:
    query = {
        "create": "1",
        "schedule": "30 2 * * *",
        "tz": "Europe/Berlin",
        "grace": "10m",
        "max_runtime": "1h",
        "min_runtime": "40",
        "min_count": "500",
        "count_window": "30m",
        "tags": "billing  prod",
    }

    assert deployment.request("GET", f"/ping/{PING_KEY}/invoices", query=query).status == 201

    [config] = made(deployment, "invoices")
    assert config.schedule == Cron("30 2 * * *", "Europe/Berlin")
    assert (config.grace, config.max_runtime) == (timedelta(minutes=10), timedelta(hours=1))
    assert (config.min_runtime, config.min_count) == (timedelta(seconds=40), 500)
    assert (config.count_window, config.tags) == (timedelta(minutes=30), "billing prod")


def test_what_a_check_shall_be_like_is_ignored_once_it_is_there(deployment: Deployment) -> None:
    code = deployment.add(name="invoices", schedule=Every(timedelta(hours=3)))

    query = {"create": "1", "period": "nonsense", "tz": "Nowhere/City"}
    assert deployment.request("GET", f"/ping/{PING_KEY}/invoices", query=query).status == 200

    assert deployment.check(code).config.schedule == Every(timedelta(hours=3))


@pytest.mark.parametrize("length", [101, 1024, 1025, 5000])
@pytest.mark.parametrize(("create", "status"), [("1", 400), ("0", 404)])
def test_a_slug_that_is_too_long_is_refused(deployment: Deployment, length: int, create: str, status: int) -> None:
    answer = deployment.request("GET", f"/ping/{PING_KEY}/{'s' * length}", query={"create": create})

    assert answer.status == status
    assert checks.codes_by_slug("default", "s" * 101) == []


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ({"period": "10"}, 'period "10" is too short: use 1m to 365d'),
        ({"grace": "soon"}, 'grace "soon" is not a duration: write seconds (600), or 10m, 1h, 1d, 1w'),
        ({"period": "1h", "schedule": "* * * * *"}, "period: it excludes schedule: set one of them"),
        ({"failures_before_alert": "101"}, 'failures_before_alert "101" is too large: use 1 to 100'),
        ({"perod": "1h"}, "perod: there is no such field. Did you mean period?"),
        ({"probe": "https://example.com/"}, "probe: a ping cannot set it: use the API, the form or `overdue checks`"),
        ({"min_count": "5"}, "min_count: it needs count_window, too: set both, or neither"),
        ({"min_count": "0", "count_window": "1h"}, 'min_count "0" is too small: use 1 to 10^15'),
    ],
)
def test_a_wrong_wish_is_refused_with_a_clear_text_and_makes_nothing(
    deployment: Deployment, query: dict[str, str], text: str
) -> None:
    answer = deployment.request("GET", f"/ping/{PING_KEY}/invoices", query={"create": "1", **query})

    assert (answer.status, answer.text) == (400, text)
    assert made(deployment, "invoices") == []
    assert slug_claims.claimed("default", "invoices") is None


@pytest.mark.parametrize("query", [{"schedule": "61 * * * *"}, {"schedule": "@dayly"}, {"tz": "Nowhere/City"}])
def test_a_schedule_or_zone_that_is_none_is_refused(deployment: Deployment, query: dict[str, str]) -> None:
    answer = deployment.request("GET", f"/ping/{PING_KEY}/invoices", query={"create": "1", **query})

    assert answer.status == 400
    assert next(iter(query.values())) in answer.text
    assert made(deployment, "invoices") == []


def test_twenty_at_once_make_one_check(deployment: Deployment) -> None:
    def ping(_: int) -> int:
        return deployment.request("POST", f"/ping/{PING_KEY}/invoices", query={"create": "1"}).status

    with ThreadPoolExecutor(20) as pool:
        statuses = list(pool.map(ping, range(20)))

    assert sorted(statuses) == [200] * 19 + [201]
    [code] = checks.codes_by_slug("default", "invoices")
    assert deployment.check(code).n_pings == 20


def test_who_finds_a_claim_whose_owner_has_died_makes_the_check(deployment: Deployment) -> None:
    code = deployment.add(name="elsewhere")
    orphan = type(code)("0f3a1b3c-7a51-4ac1-8d6f-1f6f5c1f0a12")
    slug_claims.claim("default", "invoices", orphan, instead_of=None)

    assert deployment.request("GET", f"/ping/{PING_KEY}/invoices", query={"create": "1"}).status == 201

    assert checks.codes_by_slug("default", "invoices") == [orphan]


def test_a_check_that_its_owner_makes_just_after_somebody_missed_it_is_not_made_twice(deployment: Deployment) -> None:
    code = Code("0f3a1b3c-7a51-4ac1-8d6f-1f6f5c1f0a12")
    slug_claims.claim("default", "invoices", code, instead_of=None)
    path, query = f"/ping/{PING_KEY}/invoices", {"create": "1"}
    events = deployment.wiring.ports.tables.client.meta.events
    owner: list[int] = []

    def make_it_now(parsed: dict[str, object], **_: object) -> None:
        if "Item" not in parsed and not owner:  # the other has looked, and there was nothing
            owner.append(0)
            owner[0] = deployment.request("GET", path, query=query).status

    events.register("after-call.dynamodb.GetItem", make_it_now)
    status = deployment.request("GET", path, query=query).status
    events.unregister("after-call.dynamodb.GetItem", make_it_now)

    assert (owner, status) == ([201], 200)
    assert checks.codes_by_slug("default", "invoices") == [code]


def test_a_claim_of_a_check_that_was_renamed_gives_way(deployment: Deployment) -> None:
    renamed = deployment.add(name="invoices-old")
    slug_claims.claim("default", "invoices", renamed, instead_of=None)

    assert deployment.request("GET", f"/ping/{PING_KEY}/invoices", query={"create": "1"}).status == 201

    assert deployment.check(renamed).n_pings == 0
    [code] = checks.codes_by_slug("default", "invoices")
    assert slug_claims.claimed("default", "invoices") == code != renamed
