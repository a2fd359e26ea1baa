"""Clients that people have, each really run against a local server, with the one setting of docs/how-to/clients.md."""

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.service import OVERDUE, Service, done, environment, run, service

CLIENTS = Path(sys.prefix, "clients", "bin")  # `make .venv/clients.done`; they want other versions than we do
needs_clients = pytest.mark.skipif(not CLIENTS.exists(), reason="needs PyPI's clients: make .venv/clients.done")


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with service(tmp_path_factory.mktemp("checkout")) as running:
        yield running


def as_json(local: Service, *arguments: str) -> Any:
    return json.loads(done([OVERDUE, *arguments, "--json"], cwd=local.directory))


def a_check(local: Service, name: str) -> dict[str, Any]:
    """A new one, as the API shows it."""
    made: dict[str, Any] = as_json(local, "checks", "add", name)
    return made


def signals(local: Service, name: str) -> list[str]:
    """What has come, the oldest first."""
    return [ping["type"] for ping in reversed(as_json(local, "pings", name))]


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_curl(local: Service) -> None:
    url = a_check(local, "by curl")["ping_url"]

    assert done(["curl", "-fsS", "-m", "10", "--retry", "5", f"{url}/start"]) == "OK"
    assert done(["curl", "-fsS", "-m", "10", "--retry", "5", "--data-raw", "disk full", f"{url}/75"]) == "OK"
    assert done(["curl", "-fsS", "-m", "10", "--retry", "5", url]) == "OK"
    assert signals(local, "by-curl") == ["start", "fail", "success"]


# Not its get_check_flips: 0.4.4 expects a list where Healthchecks, and so Overdue, answers {"flips": [...]}.
HEALTHCHECKS_IO = """
import json, sys
from healthchecks_io import CheckCreate, CheckTrap, CheckUpdate, Client

api_url, ping_url, api_key, ping_key, version = sys.argv[1:]
name = f"library-v{version}"
client = Client(api_key=api_key, ping_key=ping_key, api_url=api_url, ping_url=ping_url, api_version=int(version))
made = client.create_check(CheckCreate(name=name, tags="lib", desc="", timeout=3600, grace=600, channels="*"))
changed = client.update_check(made.uuid, CheckUpdate(name=name, tags="lib new", desc="", timeout=7200, grace=600))
client.start_ping(uuid=made.uuid)
client.success_ping(uuid=made.uuid, data="all is well")
client.exit_code_ping(exit_code=3, uuid=made.uuid, data="disk full")
with CheckTrap(client, uuid=made.uuid):
    pass
pings = [ping.type for ping in client.get_check_pings(made.uuid)]
names = [each.name for each in client.get_checks(tags=["lib", "new"])]
kinds = [each.kind for each in client.get_integrations()]
badges = sorted(client.get_badges())
paused = client.pause_check(made.uuid).status
client.delete_check(made.uuid)
print(json.dumps([made.timeout, changed.timeout, changed.tags, pings, names, kinds, "lib" in badges, paused]))
"""


@needs_clients
@pytest.mark.parametrize("version", ["1", "2", "3"])
def test_healthchecks_io(local: Service, version: str) -> None:
    said = done(
        [
            CLIENTS / "python", "-c", HEALTHCHECKS_IO, local.url("/api/"), local.url("/ping/"),
            local.ready["api_key"], local.ready["ping_key"], version,
        ]
    )  # fmt: skip

    timeout, new_timeout, tags, pings, names, kinds, has_badge, paused = json.loads(said)
    assert (timeout, new_timeout, tags) == (3600, 7200, "lib new")
    assert pings == ["success", "start", "fail", "success", "start"]
    assert names == [f"library-v{version}"]
    assert (kinds, has_badge, paused) == (["webhook"], True, "paused")


DECORATED = """
import sys
from healthchecks_decorator import healthcheck

@healthcheck(url=sys.argv[1], send_start=True, send_diagnostics=True)
def job():
    if sys.argv[2] == "fails":
        raise OSError("disk full")
    return {"rows": 7}

job()
"""


@needs_clients
def test_healthchecks_decorator(local: Service) -> None:
    url = a_check(local, "decorated")["ping_url"]

    done([CLIENTS / "python", "-c", DECORATED, url, "succeeds"])
    assert run([CLIENTS / "python", "-c", DECORATED, url, "fails"]).returncode == 1
    assert signals(local, "decorated") == ["start", "success", "start", "fail"]
    assert done([OVERDUE, "pings", "decorated", "--body", "2"], cwd=local.directory) == "rows=7"


BORG_IN_NAME = """#!/bin/sh
# Answers as borg does, as far as borgmatic asks.
case "$*" in
  *--version*) echo "borg 1.4.0" ;;
  *" info "*|info*) echo '{"cache": {}, "encryption": {"mode": "none"}, "repository": {"id": "0", "location": "x"}}' ;;
esac
"""


def _borg(directory: Path, repository: Path, environ: dict[str, str]) -> Path:
    """The real one, or a script that answers in its name where it is not installed: borgmatic is the client."""
    if installed := shutil.which("borg"):
        done([installed, "init", "--encryption", "none", repository], env=environ)
        return Path(installed)
    borg = directory / "borg"
    borg.write_text(BORG_IN_NAME)
    borg.chmod(0o755)
    return borg


@needs_clients
def test_borgmatic(local: Service, tmp_path: Path) -> None:
    (tmp_path / "source").mkdir()
    home = environment(HOME=str(tmp_path), XDG_RUNTIME_DIR=str(tmp_path), BORG_BASE_DIR=str(tmp_path))
    borg = _borg(tmp_path, tmp_path / "repository", home)
    config = tmp_path / "borgmatic.yaml"
    config.write_text(
        f"""
source_directories: [{tmp_path / "source"}]
repositories: [{{path: {tmp_path / "repository"}}}]
local_path: {borg}
encryption_passphrase: example
relocated_repo_access_is_ok: true
unknown_unencrypted_repo_access_is_ok: true
healthchecks:
    ping_url: {local.url("/ping/")}{local.ready["ping_key"]}/borgmatic
    create_slug: true
"""
    )

    ended = run([CLIENTS / "borgmatic", "--config", config, "create", "--verbosity", "1"], env=home)

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert signals(local, "borgmatic") == ["start", "log", "success"]


@needs_clients
def test_borgmatic_tells_a_failure(local: Service, tmp_path: Path) -> None:
    borg = tmp_path / "borg"
    borg.write_text("#!/bin/sh\necho 'borg 1.4.0'\ncase $* in *--version*) ;; *) exit 2 ;; esac\n")
    borg.chmod(0o755)
    config = tmp_path / "borgmatic.yaml"
    url = a_check(local, "borgmatic fails")["ping_url"]
    config.write_text(
        f"source_directories: [{tmp_path}]\nrepositories: [{{path: {tmp_path / 'fail'}}}]\nlocal_path: {borg}\n"
        f"healthchecks: {{ping_url: {url}}}\n"
    )

    ended = run(
        [CLIENTS / "borgmatic", "--config", config, "create"],
        env=environment(HOME=str(tmp_path), XDG_RUNTIME_DIR=str(tmp_path)),
    )

    assert ended.returncode == 1
    assert signals(local, "borgmatic-fails") == ["start", "log", "fail"]


@pytest.mark.skipif(shutil.which("runitor") is None, reason="needs runitor on the PATH")
def test_runitor(local: Service) -> None:
    given = environment(HC_API_URL=local.url("/ping"), HC_PING_KEY=local.ready["ping_key"])

    assert run(["runitor", "-slug", "by-runitor", "-create", "--", "sh", "-c", "exit 3"], env=given).returncode == 3
    done(["runitor", "-slug", "by-runitor", "--", "true"], env=given)
    assert signals(local, "by-runitor") == ["start", "fail", "start", "success"]


PROVIDER = "terraform-provider-healthchecksio"
TERRAFORM = """
terraform { required_providers { healthchecksio = { source = "kristofferahl/healthchecksio" } } }
provider "healthchecksio" {}
resource "healthchecksio_check" "backup" {
  name    = "by terraform"
  tags    = ["prod"]
  grace   = 7200
  timeout = 86400
}
"""


@pytest.mark.skipif(
    shutil.which("terraform") is None or shutil.which(PROVIDER) is None,
    reason=f"needs terraform and {PROVIDER} on the PATH",
)
def test_terraform(local: Service, tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(TERRAFORM)
    found = Path(shutil.which(PROVIDER) or "").parent
    settings = tmp_path / "terraformrc"
    overrides = f'dev_overrides {{ "kristofferahl/healthchecksio" = "{found}" }}'
    settings.write_text(f"provider_installation {{ {overrides} \n direct {{}} }}")
    given = environment(
        TF_CLI_CONFIG_FILE=str(settings),
        HEALTHCHECKSIO_API_URL=local.url("/api/v1"),
        HEALTHCHECKSIO_API_KEY=local.ready["api_key"],
    )

    for command in (["apply", "-auto-approve"], ["plan", "-detailed-exitcode"]):  # nothing is to be changed then
        done(["terraform", *command, "-input=false", "-no-color"], cwd=tmp_path, env=given)
    assert as_json(local, "checks", "show", "by terraform")["grace"] == 7200
    done(["terraform", "destroy", "-auto-approve", "-input=false"], cwd=tmp_path, env=given)
    assert run([OVERDUE, "checks", "show", "by terraform"], cwd=local.directory).returncode == 1
