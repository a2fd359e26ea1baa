"""What `overdue deploy` uploads: complete, small, and the same for the same input."""

import os
import re
import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from overdue.deploy.packaging.bundle import Archive
from overdue.deploy.packaging.package import CACHE, Package
from overdue.deploy.packaging.wheels import installed
from tests.packaged import packaged

ROOT = Path(__file__).parents[5]
UNCHECKED_HASH = b"\x01\x00\x00\x00"  # PEP 552: a hash stands where the time of change would, and is not looked at


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Package:
    return packaged(tmp_path_factory, "arm64")


def names(archive: Archive) -> set[str]:
    with ZipFile(archive.path) as opened:
        return set(opened.namelist())


def test_the_functions_are_at_most_three_and_a_half_megabytes(made: Package) -> None:
    assert made.functions.path.stat().st_size <= 3_500_000


def test_the_functions_ship_without_the_operators_side_and_without_each_others(made: Package) -> None:
    functions, notifier = ({name.partition("/")[0] for name in names(each)} for each in (made.functions, made.notifier))
    assert {"app.py", "chalicelib", "chalice", "botocore", "tzdata"} <= functions
    assert functions.isdisjoint({"overdue", "tests", "infra", "boto3", "moto", "apprise", "notifier", ".chalice"})
    assert {"notifier", "apprise"} <= notifier
    assert notifier.isdisjoint({"overdue", "app.py", "chalicelib"})


def test_every_module_of_ours_has_bytecode_that_lambda_need_not_check(made: Package) -> None:
    for archive, ours in ((made.functions, "chalicelib/"), (made.notifier, "notifier/")):
        with ZipFile(archive.path) as opened:
            sources = [name for name in opened.namelist() if name.startswith(ours) and name.endswith(".py")]
            assert sources
            for source in sources:
                folder, _, stem = source.removesuffix(".py").rpartition("/")
                code = opened.read(f"{folder}/__pycache__/{stem}.{sys.implementation.cache_tag}.pyc")
                assert code[4:8] == UNCHECKED_HASH
                assert f"/var/task/{source}".encode() in code


@pytest.mark.parametrize(
    ("which", "requirements"), [("functions", "requirements.txt"), ("notifier", "notifier/requirements.txt")]
)
def test_whatever_ships_is_pinned(made: Package, which: str, requirements: str) -> None:
    archive: Archive = getattr(made, which)
    found = {match[1] for name in names(archive) if (match := re.match(r"(.+)\.dist-info/", name))}
    shipped = {tuple(each.replace("_", "-").lower().rsplit("-", 1)) for each in found}
    pins = re.findall(r"^([\w.-]+)==(\S+) \\$", (ROOT / requirements).read_text(), re.MULTILINE)
    assert shipped == {(name.lower(), version) for name, version in pins}


@pytest.mark.parametrize("requirements", ["requirements.txt", "notifier/requirements.txt"])
def test_whatever_a_package_needs_is_listed(requirements: str) -> None:
    """pip is not asked to look for what is missing: what it finds would have no hash."""
    folder = installed(ROOT / requirements, architecture="arm64", cache=CACHE)
    found = {canonicalize_name(each.name): each for each in distributions(path=[str(folder)])}
    needed = [Requirement(line) for each in found.values() for line in each.requires or ()]
    on_lambda = {"sys_platform": "linux", "platform_machine": "aarch64", "extra": ""}  # the Python is this one
    needed = [each for each in needed if each.marker is None or each.marker.evaluate(on_lambda)]
    assert needed
    for each in needed:
        assert each.specifier.contains(found[canonicalize_name(each.name)].version), each


def test_compiled_parts_are_for_the_functions_machine(made: Package) -> None:
    compiled = {name for name in names(made.notifier) | names(made.functions) if name.endswith(".so")}
    assert all("aarch64" in name for name in compiled)


def test_the_same_input_gives_the_same_bytes(made: Package, tmp_path: Path) -> None:
    program = (
        "import sys, pathlib; from overdue.deploy.packaging.package import package; package(pathlib.Path(sys.argv[1]))"
    )
    environ = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], check=True, cwd=ROOT, env=environ | {"PYTHONHASHSEED": "2"}
    )
    for archive in (made.functions, made.notifier):
        assert (tmp_path / archive.path.name).read_bytes() == archive.path.read_bytes()
    written = made.functions.path.with_name("template.json")
    assert (tmp_path / "template.json").read_bytes() == written.read_bytes()
