"""The ping URL of a check given by slug, code or URL."""

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
    ("check", "missing", "message"),
    [
        ("nightly-backup", {"ping_key": ""}, 'The slug "nightly-backup" needs a ping key'),
        ("nightly-backup", {"url": ""}, "Set OVERDUE_URL"),
        (CODE, {"url": ""}, "Set OVERDUE_URL"),
        ("Nightly backup", {}, 'such as "nightly-backup"'),
        ("https://other.example.com/ping/x?create=1", {}, "is not a ping URL"),
    ],
)
def test_an_error_names_what_is_missing_or_wrong(check: str, missing: dict[str, str], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        target(check, settings(**missing), new=None)


def test_a_check_cannot_be_created_by_its_code() -> None:
    with pytest.raises(BadInput, match="Give a slug"):
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
def test_a_ping_url_has_the_action_the_new_checks_settings_and_the_run_id(
    action: str, new: dict[str, str] | None, rid: str | None, url: str
) -> None:
    assert ping_url(Target(url="https://a/ping/k/s", new=new), action, rid=rid) == url


@pytest.mark.parametrize("check", ["\udcff", "https://a/ping/\udcff"])
def test_a_value_that_is_not_utf_8_is_refused_before_anything_is_sent(check: str) -> None:
    with pytest.raises(BadInput, match="is not valid UTF-8"):
        target(check, settings(), new=None)
    with pytest.raises(BadInput, match="the ping key is not valid UTF-8"):
        target("nightly", settings(ping_key="\udcff"), new=None)
    with pytest.raises(BadInput, match="--tz is not valid UTF-8"):
        ping_url(Target(url="https://a/ping/k/s", new={"tz": "\udcff"}), "", rid=None)
