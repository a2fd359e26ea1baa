"""What keeps a package from being made, in words."""

from pathlib import Path

import pytest

from chalicelib.domain.errors import OverdueError
from overdue.deploy.dependencies import installed


def test_a_requirement_that_cannot_be_had_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")  # pip looks into an empty folder instead of the network
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("overdue-needs-this==1.0\n")
    with pytest.raises(OverdueError, match=r"overdue-needs-this.*check the network"):
        installed(requirements, architecture="arm64", cache=tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []
