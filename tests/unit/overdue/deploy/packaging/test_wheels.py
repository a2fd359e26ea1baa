"""What packaging installs: wheels whose hashes are known, and nothing else."""

import io
import os
import re
import tarfile
from hashlib import sha256
from pathlib import Path
from zipfile import ZipFile

import pytest

from chalicelib.domain.errors import OverdueError
from overdue.deploy.packaging import lock, wheels
from overdue.deploy.packaging.wheels import installed

ROOT = Path(__file__).parents[5]
NO_HASH = "0" * 64


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder where pip looks instead of in the network."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    return folder


def a_wheel(index: Path, name: str) -> str:
    """A wheel of one module; its hash."""
    path, info = index / f"{name}-1.0-py3-none-any.whl", f"{name}-1.0.dist-info"
    with ZipFile(path, "w") as archive:
        archive.writestr(f"{name}.py", "")
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return sha256(path.read_bytes()).hexdigest()


def a_source(index: Path, name: str, setup: str) -> str:
    """A source distribution whose setup.py does something first; its hash."""
    path = index / f"{name}-1.0.tar.gz"
    files = {
        "setup.py": f"{setup}\nimport setuptools as s\ns.setup(name={name!r}, version='1.0', py_modules=[{name!r}])\n",
        f"{name}.py": "",
        "PKG-INFO": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
    }
    with tarfile.open(path, "w:gz") as archive:
        for inside, text in files.items():
            entry = tarfile.TarInfo(f"{name}-1.0/{inside}")
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    return sha256(path.read_bytes()).hexdigest()


def requirements(folder: Path, *lines: str) -> Path:
    path = folder / "requirements.txt"
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def test_a_file_with_its_hash_is_installed_and_kept(tmp_path: Path, index: Path) -> None:
    wanted = requirements(tmp_path, f"known==1.0 --hash=sha256:{a_wheel(index, 'known')}")
    ready = installed(wanted, architecture="arm64", cache=tmp_path / "cache")
    assert (ready / "known.py").exists()
    assert list((tmp_path / "cache").iterdir()) == [ready]


def test_a_file_with_another_hash_stops_the_packaging(tmp_path: Path, index: Path) -> None:
    a_wheel(index, "tampered")
    wanted = requirements(tmp_path, f"tampered==1.0 --hash=sha256:{NO_HASH}")
    with pytest.raises(
        OverdueError, match=r"^tampered==1\.0 does not match its hash in requirements\.txt: the package"
    ):
        installed(wanted, architecture="arm64", cache=tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_source_is_never_built_even_with_its_hash(tmp_path: Path, index: Path) -> None:
    proof = tmp_path / "it-ran"
    known = a_source(index, "source_only", f"open({str(proof)!r}, 'w')")
    wanted = requirements(tmp_path, f"source_only==1.0 --hash=sha256:{known}")
    with pytest.raises(OverdueError, match=r"pip could not install .*source_only==1\.0"):
        installed(wanted, architecture="arm64", cache=tmp_path / "cache")
    assert not proof.exists()


def test_a_requirement_without_a_hash_is_refused(tmp_path: Path, index: Path) -> None:
    a_wheel(index, "unknown")
    with pytest.raises(OverdueError, match=r"^unknown==1\.0 has no hash in requirements\.txt\..*make lock"):
        installed(requirements(tmp_path, "unknown==1.0"), architecture="arm64", cache=tmp_path / "cache")


@pytest.mark.usefixtures("index")
def test_a_requirement_that_cannot_be_had_is_named(tmp_path: Path) -> None:
    wanted = requirements(tmp_path, f"overdue-needs-this==1.0 --hash=sha256:{NO_HASH}")
    with pytest.raises(OverdueError, match=r"overdue-needs-this.*check the network"):
        installed(wanted, architecture="arm64", cache=tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_pip_runs_without_aws_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_DEFAULT_TIMEOUT", "7")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.setenv(name, "leaked")
    environ = wheels.without_aws(os.environ)
    assert environ["PIP_DEFAULT_TIMEOUT"] == "7"
    assert [name for name in environ if name.startswith("AWS_") or environ[name] == "leaked"] == []


def test_a_python_without_hashes_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wheels, "THIS_PYTHON", "3.15")
    with pytest.raises(OverdueError, match=r"has hashes for Python 3\.11 to 3\.14, and this is 3\.15"):
        installed(requirements(tmp_path, ""), architecture="arm64", cache=tmp_path / "cache")


def test_locking_replaces_the_hashes_and_keeps_the_rest(index: Path) -> None:
    pure, other = a_wheel(index, "pure"), a_wheel(index, "other")
    text = f"# Why\n--only-binary :all:\npure==1.0 \\\n    --hash=sha256:{NO_HASH}\n# Because\nother==1.0\n"

    assert lock.locked(text, ["3.11"]) == (
        "# Why\n--only-binary :all:\n"
        f"pure==1.0 \\\n    --hash=sha256:{pure}\n# Because\nother==1.0 \\\n    --hash=sha256:{other}\n"
    )


@pytest.mark.usefixtures("index")
def test_locking_says_what_cannot_be_found() -> None:
    with pytest.raises(OverdueError, match=r"pip does not find nowhere==1\.0 with --only-binary :all:"):
        lock.locked("nowhere==1.0\n", ["3.11"])


@pytest.mark.parametrize("path", lock.FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_pin_has_hashes(path: Path) -> None:
    lines = path.read_text().replace("\\\n", " ").splitlines()
    pinned = [line for line in lines if line and not line.startswith(("#", "--"))]
    assert pinned
    for line in pinned:
        assert re.fullmatch(r"[\w.-]+==\S+( +--hash=sha256:[0-9a-f]{64})+", line), line
