"""Build what a deployment uploads: the template, a zip for the functions and one for the notifier.

Start at `package`. Needs no AWS credentials, but the repository (app.py, chalicelib, infra, notifier), and on its first
run the network, to download the functions' dependencies.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chalicelib.domain.errors import OverdueError
from overdue.deploy.packaging.bundle import Archive, bundle
from overdue.deploy.packaging.template import plain
from overdue.deploy.packaging.wheels import Architecture, installed, without_aws

ROOT = Path(__file__).parents[3]
INPUT = ("app.py", "chalicelib", "requirements.txt", ".chalice", "infra")
CACHE = ROOT / ".chalice" / "deployments"  # Chalice's folder for packages; ignored by git

FUNCTIONS_CALL = ("dynamodb", "lambda", "sns", "ssm")  # AWS services, by botocore's names
NOTIFIER_CALLS = ("lambda", "ssm")

# The sources of libraries would be a quarter of the zip. The notifier keeps them: Apprise finds its plugins by source.
OURS = ("app.py", "chalicelib")

RUN_CHALICE = "import sys; from chalice.cli import main; sys.exit(main())"  # main returns the exit status


@dataclass(frozen=True, slots=True)
class Package:
    """The parts of a deployment. `template` is plain CloudFormation, without transforms."""

    template: dict[str, Any]
    functions: Archive
    notifier: Archive


def package(out: Path, *, architecture: Architecture = "arm64") -> Package:
    """Write `functions.zip`, `notifier.zip` and `template.json` to a folder, which is created if needed.

    The same input gives the same bytes. Takes about 15 s, and 30 s more on the first run and after a change of the
    requirements. Raises OverdueError if a file is missing or cannot be downloaded.
    """
    missing = [name for name in (*INPUT, "notifier") if not (ROOT / name).exists()]
    if missing:
        raise OverdueError(f"{ROOT} has no {', '.join(missing)}. Deploy from a checkout of Overdue's repository.")
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="overdue-package-") as folder:
        project, task = Path(folder) / "project", Path(folder) / "functions"
        _copy(project)
        packaged = _chalice(project, architecture=architecture)
        shutil.copytree(installed(ROOT / "requirements.txt", architecture=architecture, cache=CACHE), task)
        with zipfile.ZipFile(packaged / "deployment.zip") as archive:
            archive.extractall(task)
        functions = bundle(task, out / "functions.zip", services=FUNCTIONS_CALL, ours=OURS)
        template = plain(packaged / "sam.yaml", project / "infra" / "policies")
    (out / "template.json").write_text(json.dumps(template, indent=1) + "\n", encoding="utf-8")
    return Package(template, functions, _notifier(out, architecture=architecture))


def _copy(project: Path) -> None:
    """Copy the input of Chalice, with empty requirements: `dependencies` installs those."""
    project.mkdir()
    ignore = shutil.ignore_patterns("__pycache__", "deployments", "deployed")
    for name in INPUT:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, project / name, ignore=ignore)
        else:
            shutil.copy(source, project / name)
    (project / "requirements.txt").write_text("")


def _chalice(project: Path, *, architecture: Architecture) -> Path:
    """Package the copy with Chalice; return the folder with the zip and the template."""
    config = project / ".chalice" / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text("utf-8")) | {"lambda_architecture": architecture}))
    arguments = ["package", "--stage", "prod", "--merge-template", str(project / "infra" / "template.yaml"), "made"]
    done = subprocess.run(  # noqa: S603  # fixed arguments
        [sys.executable, "-c", RUN_CHALICE, *arguments],
        cwd=project,
        # Chalice makes no calls, but requires a region and loads a profile if one is named.
        env=without_aws(os.environ) | {"AWS_DEFAULT_REGION": "us-east-1", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        why = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise OverdueError(f"app.py cannot be packaged: {why[-1] if why else 'Chalice gives no reason'}")
    return project / "made"


def _notifier(out: Path, *, architecture: Architecture) -> Archive:
    source = ROOT / "notifier"
    with tempfile.TemporaryDirectory(prefix="overdue-notifier-") as folder:
        task = Path(folder) / "task"
        shutil.copytree(installed(source / "requirements.txt", architecture=architecture, cache=CACHE), task)
        shutil.copytree(source, task / "notifier", ignore=shutil.ignore_patterns("__pycache__", "requirements.txt"))
        return bundle(task, out / "notifier.zip", services=NOTIFIER_CALLS)
