"""Which settings win, and that no key goes where it does not belong."""

import os
from pathlib import Path

import pytest

from chalicelib.domain.errors import BadInput
from overdue.cli.settings import Given, Settings, read_file, resolve

FILE = """
stage = "prod"
[stages.prod]
url = "https://overdue.example.com/"
api_key = "prod api"
ping_key = "prod ping"
region = "eu-central-1"
[stages.test]
url = "https://test.example.com"
api_key = "test api"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(FILE)
    return path


def settings(file: Path | str, given: Given | None = None, **environ: str) -> Settings:
    known = {"OVERDUE_CONFIG": str(file)} | {f"OVERDUE_{name.upper()}": value for name, value in environ.items()}
    return resolve(given or Given(), environ=known, directory=Path(os.devnull))


def test_the_files_own_stage_is_meant_when_nothing_is_said(file: Path) -> None:
    found = settings(file)

    assert (found.stage, found.url, found.api_key) == ("prod", "https://overdue.example.com", "prod api")
    assert (found.ping_key, found.region) == ("prod ping", "eu-central-1")


def test_the_environment_goes_before_the_file(file: Path) -> None:
    found = settings(file, url="https://other.example.com", api_key="mine")

    assert (found.url, found.api_key) == ("https://other.example.com", "mine")


def test_a_flag_goes_before_the_environment(file: Path) -> None:
    found = settings(file, Given(url="https://flag.example.com", api_key="flag"), url="https://env.example.com")

    assert (found.url, found.api_key) == ("https://flag.example.com", "flag")


def test_a_stage_that_a_flag_names_goes_before_the_environments_url_and_key(file: Path) -> None:
    found = settings(file, Given(stage="test"), url="https://other.example.com", api_key="other", ping_key="other")

    assert (found.stage, found.url, found.api_key) == ("test", "https://test.example.com", "test api")
    assert found.ping_key is None


@pytest.mark.parametrize("given", [Given(url="https://flag.example.com"), Given(url="https://test.example.com")])
def test_a_key_is_never_sent_to_another_url_than_its_own(file: Path, given: Given) -> None:
    found = settings(file, given)

    assert (found.api_key, found.ping_key) == (None, None)


def test_a_key_alone_completes_the_url_of_the_file(file: Path) -> None:
    found = settings(file, Given(stage="test"), ping_key="mine")

    assert (found.url, found.ping_key) == ("https://test.example.com", "mine")


def test_a_stage_that_the_file_does_not_know_has_a_name_and_nothing_else(file: Path) -> None:
    found = settings(file, Given(stage="next"))

    assert (found.stage, found.url, found.api_key) == ("next", None, None)
    with pytest.raises(BadInput, match=r"under \[stages.next\]"):
        found.base()


def test_the_only_stage_of_a_file_needs_no_naming(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('[stages.only]\nurl = "http://localhost:8000"\n')

    assert settings(path).stage == "only"


def test_nothing_said_at_all_names_the_ways_to_say_it() -> None:
    with pytest.raises(BadInput, match="Set OVERDUE_URL, give --url, or start a server here with: overdue local"):
        settings("/nowhere").base()


@pytest.mark.parametrize(
    "url",
    [
        "overdue.example.com",
        "ftp://overdue.example.com",
        "https://",
        "https://a/?b",
        "http://[",
        "http://a:99999",
        "http://a:b",
        "http://a b",
        "http://ä.example.com",
        "http://a\n",
    ],
)
def test_what_is_no_url_is_refused(url: str) -> None:
    with pytest.raises(BadInput, match="write it like https://"):
        settings("/nowhere", url=url)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("stage = ", "is not valid TOML"),
        ('url = "https://overdue.example.com"', "only stage"),
        ('[stages.prod]\napikey = "x"', "takes these texts: api_key, ping_key, region, url"),
        ("[stages.prod]\nurl = 7", "takes these texts"),
        ('stage = "prod"\n[stages.test]\nurl = "https://a.example.com"', r'stage "prod" has no \[stages.prod\]'),
    ],
)
def test_a_file_with_a_mistake_in_it_is_not_half_read(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(text)

    with pytest.raises(BadInput, match=told):
        read_file(path)


def test_the_file_is_in_the_users_configuration_unless_it_is_named(tmp_path: Path) -> None:
    (tmp_path / "overdue").mkdir()
    (tmp_path / "overdue" / "config.toml").write_text(FILE)

    found = resolve(Given(), environ={"XDG_CONFIG_HOME": str(tmp_path)}, directory=Path(os.devnull))

    assert found.stage == "prod"


def test_a_user_without_a_home_has_no_file() -> None:
    assert resolve(Given(), environ={}, directory=Path(os.devnull)).url is None
