"""Zipping a folder: what is left out, what is added, and the same bytes for the same input."""

import gzip
import os
import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

from overdue.deploy.packaging.bundle import bundle

ENDPOINTS = '{"version": 3, "partitions": [{"partition": "aws", "services": {"sns": {}, "dynamodb": {}, "ec2": {}}}]}'
MODEL = "botocore/data/dynamodb/2012-08-10/service-2.json.gz"
PROGRAM = """
import sys, pathlib
from overdue.deploy.packaging.bundle import bundle
bundle(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), services=("dynamodb",))
"""


def a_folder(at: Path) -> Path:
    files = {
        "ours/__init__.py": '"""Ours."""\n',
        "ours/rules.py": "WORDS = {'a', 'b', 'c', 'd'}\n\n\ndef has(word):\n    return word in {'e', 'f', 'g', 'h'}\n",
        "ours/__pycache__/stale.cpython-39.pyc": "stale",
        "ours/py.typed": "",
        "ours/rules.pyi": "",
        "ours-1.0.dist-info/METADATA": "Name: ours\n",
        "ours-1.0.dist-info/RECORD": "ours/rules.py,sha256=x,1\n",
        "botocore/data/endpoints.json": ENDPOINTS,
        "botocore/data/partitions.json": "{}",
        "botocore/data/ec2/2016-11-15/service-2.json.gz": "",
        "botocore/data/dynamodb/2011-12-05/service-2.json.gz": "",
        "botocore/data/dynamodb/2012-08-10/endpoint-rule-set-1.json.gz": "",
        "botocore/data/dynamodb/2012-08-10/waiters-2.json": "",
        "bin/jp.py": "",
    }
    for name, text in files.items():
        (at / name).parent.mkdir(parents=True, exist_ok=True)
        (at / name).write_text(text)
    (at / MODEL).write_bytes(
        gzip.compress(b'{"documentation": "prose", "shapes": {"documentation": {"type": "string"}}}')
    )
    return at


def test_files_that_no_function_reads_do_not_ship(tmp_path: Path) -> None:
    made = bundle(a_folder(tmp_path / "task"), tmp_path / "made.zip", services=("dynamodb",))
    with ZipFile(made.path) as archive:
        assert {name for name in archive.namelist() if not name.endswith(".pyc")} == {
            "ours/__init__.py",
            "ours/rules.py",
            "ours-1.0.dist-info/METADATA",
            "botocore/data/endpoints.json",
            "botocore/data/partitions.json",
            "botocore/data/dynamodb/2012-08-10/endpoint-rule-set-1.json.gz",
            MODEL,
        }
        assert gzip.decompress(archive.read(MODEL)) == b'{"shapes":{"documentation":{"type":"string"}}}'
        assert archive.read("botocore/data/endpoints.json") == (
            b'{"version":3,"partitions":[{"partition":"aws","services":{"dynamodb":{}}}]}'
        )


def test_bytecode_runs_without_a_check_of_its_source(tmp_path: Path) -> None:
    made = bundle(a_folder(tmp_path / "task"), tmp_path / "made.zip", services=())
    unpacked = tmp_path / "unpacked"
    with ZipFile(made.path) as archive:
        archive.extractall(unpacked)
    (unpacked / "ours" / "rules.py").write_text("raise RuntimeError('compiled again')\n")
    program = "from ours import rules; print(rules.has('e'))"
    done = subprocess.run([sys.executable, "-c", program], cwd=unpacked, check=True, capture_output=True, text=True)
    assert done.stdout == "True\n"


def test_a_library_ships_as_bytecode_only_and_our_code_with_its_source(tmp_path: Path) -> None:
    folder = a_folder(tmp_path / "task")
    (folder / "theirs").mkdir()
    (folder / "theirs" / "__init__.py").write_text("from ours.rules import has\n")
    (folder / "theirs" / "template.py").write_text("{{ what does not compile }} stays\n")
    made = bundle(folder, tmp_path / "made.zip", services=(), ours=("ours",))
    unpacked = tmp_path / "unpacked"
    with ZipFile(made.path) as archive:
        archive.extractall(unpacked)
    assert sorted(path.name for path in (unpacked / "theirs").iterdir()) == ["__init__.pyc", "template.py"]
    assert (unpacked / "ours" / "rules.py").exists()
    program = "import theirs; print(theirs.has('e'))"
    done = subprocess.run([sys.executable, "-c", program], cwd=unpacked, check=True, capture_output=True, text=True)
    assert done.stdout == "True\n"


def test_hash_seed_times_and_permissions_do_not_change_the_bytes(tmp_path: Path) -> None:
    made = []
    for seed, stamp, mode in (("1", 1_000_000_000, 0o600), ("2", 1_700_000_000, 0o644)):
        folder = a_folder(tmp_path / seed / "task")
        for file in folder.rglob("*.py"):
            os.utime(file, (stamp, stamp))
            file.chmod(mode)
        out = tmp_path / f"{seed}.zip"
        environ = dict(os.environ) | {"PYTHONHASHSEED": seed, "TZ": f"Etc/GMT+{seed}"}
        subprocess.run([sys.executable, "-c", PROGRAM, str(folder), str(out)], check=True, env=environ)
        made.append(out.read_bytes())
    assert made[0] == made[1]


def test_different_content_has_a_different_hash(tmp_path: Path) -> None:
    first = bundle(a_folder(tmp_path / "task"), tmp_path / "first.zip", services=())
    shutil.rmtree(tmp_path / "task")
    folder = a_folder(tmp_path / "task")
    (folder / "ours" / "rules.py").write_text("WORDS = {'z'}\n")
    assert bundle(folder, tmp_path / "second.zip", services=()).sha256 != first.sha256


def test_all_files_are_readable_and_only_shared_libraries_executable(tmp_path: Path) -> None:
    folder = a_folder(tmp_path / "task")
    (folder / "ours" / "fast.so").write_bytes(b"\x7fELF")
    (folder / "ours" / "rules.py").chmod(0o600)
    made = bundle(folder, tmp_path / "made.zip", services=())
    with ZipFile(made.path) as archive:
        modes = {entry.filename: oct(entry.external_attr >> 16) for entry in archive.infolist()}
    assert (modes["ours/rules.py"], modes["ours/fast.so"]) == ("0o100644", "0o100755")
