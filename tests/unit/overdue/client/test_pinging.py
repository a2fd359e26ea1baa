"""Which URL means which check."""

import pytest

from chalicelib.domain.errors import BadInput
from overdue.cli.settings import Settings
from overdue.client.pinging import Target, ping_url, target

CODE = "7f0e8d4c-1b2a-4c3d-8e9f-0123456789ab"
RID = "11111111-1111-4111-8111-111111111111"


def settings(**given: str) -> Settings:
    known = {"url": "https://overdue.example.com", "ping_key": "key"} | given
    rest = dict.fromkeys(("stage", "api_key", "region", "dynamodb_url"))
    return Settings(**(rest | {name: value or None for name, value in known.items()}))


@pytest.mark.parametrize(
    ("check", "url"),
    [
        ("nightly-backup", "https://overdue.example.com/ping/key/nightly-backup"),
        (CODE, f"https://overdue.example.com/ping/{CODE}"),
        (CODE.upper(), f"https://overdue.example.com/ping/{CODE}"),
        (f"https://other.example.com/ping/{CODE}/", f"https://other.example.com/ping/{CODE}"),
    ],
)
def test_a_check_is_pinged_by_slug_code_or_url(check: str, url: str) -> None:
    assert target(check, settings(), new=None) == Target(url=url, new=None)


@pytest.mark.parametrize(
    ("check", "missing", "told"),
    [
        ("nightly-backup", {"ping_key": ""}, 'No ping key, which the slug "nightly-backup" needs'),
        ("nightly-backup", {"url": ""}, "Set OVERDUE_URL"),
        (CODE, {"url": ""}, "Set OVERDUE_URL"),
        ("Nightly backup", {}, 'such as "nightly-backup"'),
        ("https://other.example.com/ping/x?create=1", {}, "this is no ping URL"),
    ],
)
def test_what_is_missing_or_wrong_is_named(check: str, missing: dict[str, str], told: str) -> None:
    with pytest.raises(BadInput, match=told.replace("?", r"\?")):
        target(check, settings(**missing), new=None)


def test_a_code_cannot_be_made() -> None:
    with pytest.raises(BadInput, match="give a slug"):
        target(CODE, settings(), new={})


@pytest.mark.parametrize(
    ("action", "new", "rid", "url"),
    [
        ("", None, None, "https://a/ping/k/s"),
        ("start", None, RID, f"https://a/ping/k/s/start?rid={RID}"),
        ("75", {}, None, "https://a/ping/k/s/75?create=1"),
        ("", {"schedule": "0 2 * * *"}, RID, f"https://a/ping/k/s?create=1&schedule=0+2+%2A+%2A+%2A&rid={RID}"),
    ],
)
def test_a_ping_says_what_how_and_of_which_run(
    action: str, new: dict[str, str] | None, rid: str | None, url: str
) -> None:
    assert ping_url(Target(url="https://a/ping/k/s", new=new), action, rid=rid) == url


@pytest.mark.parametrize("check", ["\udcff", "https://a/ping/\udcff"])
def test_what_is_no_text_is_told_rather_than_sent(check: str) -> None:
    with pytest.raises(BadInput, match="is no UTF-8 text"):
        target(check, settings(), new=None)
    with pytest.raises(BadInput, match="the ping key is no UTF-8 text"):
        target("nightly", settings(ping_key="\udcff"), new=None)
    with pytest.raises(BadInput, match="--tz is no UTF-8 text"):
        ping_url(Target(url="https://a/ping/k/s", new={"tz": "\udcff"}), "", rid=None)
