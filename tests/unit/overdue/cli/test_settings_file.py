"""A stage written into the settings file, and nothing else of it touched."""

import os
from pathlib import Path

import pytest

from chalicelib.domain.errors import BadInput
from overdue.cli.settings import Given, SettingsFile, read_file
from overdue.cli.settings_file import forget, remember

URL = "https://overdue.example.com"


def test_a_first_stage_makes_the_file_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "overdue" / "config.toml"

    remember(path, "prod", {"url": URL, "region": "eu-central-1", "api_key": "secret"})

    assert path.read_text() == (
        '[stages.prod]\nurl = "https://overdue.example.com"\nregion = "eu-central-1"\napi_key = "secret"\n'
    )
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert read_file(path).default == "prod"
    assert [each.name for each in path.parent.iterdir()] == ["config.toml"]


FILE = """\
# of ann
stage = "test"   # by default

[stages.test]
url = "https://test.example.com"

[ stages . "prod" ] # the real one
region = 'us-east-1'  # moves soon
url = "https://old.example.com" # old
# a last word
"""


def test_comments_and_other_stages_stay_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(FILE)
    path.chmod(0o644)

    remember(path, "prod", {"url": URL, "region": "eu-central-1", "ping_key": "secret"})

    assert (
        path.read_text()
        == """\
# of ann
stage = "test"   # by default

[stages.test]
url = "https://test.example.com"

[ stages . "prod" ] # the real one
region = "eu-central-1"  # moves soon
url = "https://overdue.example.com" # old
ping_key = "secret"
# a last word
"""
    )
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_stage_is_forgotten_with_its_values_and_comments_and_other_stages_stay(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(FILE)

    assert forget(path, "prod") == "test"

    assert (
        path.read_text()
        == """\
# of ann
stage = "test"   # by default

[stages.test]
url = "https://test.example.com"

# a last word
"""
    )
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_default_that_is_forgotten_leaves_the_only_other_one_or_none(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(FILE)
    assert forget(path, "test") == "prod"
    assert read_file(path).default == "prod"
    assert path.read_text().startswith("# of ann\n\n[ stages")

    assert forget(path, "prod") is None
    assert path.read_text() == "# of ann\n\n# a last word\n"


LAYOUTS = [
    pytest.param('stages = { prod = { url = "https://old.example.com" }, test = { url = "t" } }\n', id="inline"),
    pytest.param('stages.prod.url = "https://old.example.com"\n[stages.test]\nurl = "t"\n', id="dotted"),
    pytest.param('[stages]\nprod.url = "https://old.example.com"\ntest = { url = "t" }\n', id="one table"),
    pytest.param('[stages.prod]\nurl = """https://old.example.com"""\n[stages.test]\nurl = "t"', id="a long string"),
    pytest.param('["stages"."prod"]\nurl = "https://old.example.com"\n[stages.test]\nurl = "t"\n', id="quoted"),
    pytest.param("[stages.test]\nurl = 't'\n[stages.prod]\n", id="without values, as the last"),
]


@pytest.mark.parametrize("text", LAYOUTS)
@pytest.mark.parametrize("stage", ["prod", "new"])
def test_a_stage_is_set_however_the_file_is_written(tmp_path: Path, text: str, stage: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(f'# mine\nstage = "test"\n{text}')
    before = read_file(path)

    remember(path, stage, {"url": URL, "api_key": 'of "ann"\\'})

    changed = Given(stage=stage, url=URL, api_key='of "ann"\\')
    assert read_file(path) == SettingsFile(stages={**before.stages, stage: changed}, default="test")
    assert path.read_text().startswith("# mine\n")


@pytest.mark.parametrize("text", LAYOUTS)
@pytest.mark.parametrize(("default", "left"), [("test", "test"), ("prod", "test")])
def test_a_stage_is_forgotten_however_the_file_is_written(tmp_path: Path, text: str, default: str, left: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(f'# mine\nstage = "{default}"\n{text}')

    assert forget(path, "prod") == left

    assert read_file(path) == SettingsFile(stages={"test": Given(stage="test", url="t")}, default=left)
    assert path.read_text().startswith("# mine\n")


def test_a_file_that_cannot_be_changed_safely_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    text = 'stage = "test"\nstages.prod.url = "https://old.example.com"\nstages.test.url = "t"\n'
    path.write_text(text)

    with pytest.raises(BadInput, match="cannot be changed safely"):
        remember(path, "new", {"url": URL})

    assert path.read_text() == text
    assert [each.name for each in tmp_path.iterdir()] == ["config.toml"]


def test_comments_above_the_next_stage_stay_above_it(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    text = '[stages.prod]\nurl = "https://old.example.com"\n\n# for trials\n[stages.test]\nurl = "t"\n'
    path.write_text(text)

    remember(path, "prod", {"ping_key": "secret"})
    assert path.read_text() == text.replace("\n\n", '\nping_key = "secret"\n\n')

    forget(path, "prod")
    assert path.read_text() == '# for trials\n[stages.test]\nurl = "t"\n'


def test_a_second_stage_does_not_change_which_one_is_meant_by_default(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    remember(path, "prod", {"url": URL})

    remember(path, "test", {"url": "https://test.example.com"})

    assert read_file(path).default == "prod"
    assert path.read_text().splitlines()[0] == 'stage = "prod"'


def test_what_is_no_file_or_no_toml_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("[stages")

    with pytest.raises(BadInput, match="is no file"):
        remember(Path(os.devnull), "prod", {"url": URL})
    with pytest.raises(BadInput, match="is not valid TOML"):
        remember(path, "prod", {"url": URL})

    assert path.read_text() == "[stages"


def test_a_link_to_the_file_stays_a_link(tmp_path: Path) -> None:
    path, link = tmp_path / "real.toml", tmp_path / "config.toml"
    path.write_text("# mine\n")
    link.symlink_to(path)

    remember(link, "prod", {"url": URL})

    assert link.is_symlink()
    assert path.read_text() == '# mine\n\n[stages.prod]\nurl = "https://overdue.example.com"\n'
