"""What a deployment uploads: the template, and a zip each for the functions and for the notifier.

Start at `package`. Needs no AWS and no credentials; needs the repository (app.py, chalicelib, infra, notifier), and at
its first run the network, for the functions' dependencies.
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
CACHE = ROOT / ".chalice" / "deployments"  # Chalice's own place for it; not in git

FUNCTIONS_CALL = ("dynamodb", "lambda", "sns", "ssm")  # AWS services, by botocore's names
NOTIFIER_CALLS = ("lambda", "ssm")

# A quarter of the zip would be libraries' sources. The notifier's ship: Apprise finds its plugins by them.
OURS = ("app.py", "chalicelib")

RUN_CHALICE = "import sys; from chalice.cli import main; sys.exit(main())"  # it answers with its status


@dataclass(frozen=True, slots=True)
class Package:
    """What a stack is made of. `template` is plain CloudFormation."""

    template: dict[str, Any]
    functions: Archive
    notifier: Archive


def package(out: Path, *, architecture: Architecture = "arm64") -> Package:
    """Write `functions.zip`, `notifier.zip` and `template.json` into a folder that exists or is made.

    The same input gives the same bytes. About 15 s, at the first run and after a change of requirements 30 s more.
    Raises OverdueError when something is missing, or cannot be fetched.
    """
    missing = [name for name in (*INPUT, "notifier") if not (ROOT / name).exists()]
    if missing:
        raise OverdueError(f"{', '.join(missing)}: not in {ROOT}. Deploy from a checkout of Overdue's repository")
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="overdue-package-") as folder:
        project, task = Path(folder) / "project", Path(folder) / "functions"
        _copy(project)
        made = _chalice(project, architecture=architecture)
        shutil.copytree(installed(ROOT / "requirements.txt", architecture=architecture, cache=CACHE), task)
        with zipfile.ZipFile(made / "deployment.zip") as archive:
            archive.extractall(task)
        functions = bundle(task, out / "functions.zip", services=FUNCTIONS_CALL, ours=OURS)
        template = plain(made / "sam.yaml", project / "infra" / "policies")
    (out / "template.json").write_text(json.dumps(template, indent=1) + "\n", encoding="utf-8")
    return Package(template, functions, _notifier(out, architecture=architecture))


def _copy(project: Path) -> None:
    """Exactly what Chalice shall see; without requirements, which are fetched here and kept."""
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
    """Let Chalice package the copy: the folder with its zip and its template."""
    config = project / ".chalice" / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text("utf-8")) | {"lambda_architecture": architecture}))
    arguments = ["package", "--stage", "prod", "--merge-template", str(project / "infra" / "template.yaml"), "made"]
    done = subprocess.run(  # noqa: S603  # our own arguments
        [sys.executable, "-c", RUN_CHALICE, *arguments],
        cwd=project,
        # It asks for a region, although it calls nothing; and loads a profile if one is named.
        env=without_aws(os.environ) | {"AWS_DEFAULT_REGION": "us-east-1", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        why = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise OverdueError(f"app.py cannot be packaged: {why[-1] if why else 'Chalice does not say why'}")
    return project / "made"


def _notifier(out: Path, *, architecture: Architecture) -> Archive:
    source = ROOT / "notifier"
    with tempfile.TemporaryDirectory(prefix="overdue-notifier-") as folder:
        task = Path(folder) / "task"
        shutil.copytree(installed(source / "requirements.txt", architecture=architecture, cache=CACHE), task)
        shutil.copytree(source, task / "notifier", ignore=shutil.ignore_patterns("__pycache__", "requirements.txt"))
        return bundle(task, out / "notifier.zip", services=NOTIFIER_CALLS)
