"""Whom the command line talks to, and with which keys: one frozen value from flags, environment and a file.

Decides what wins, and that a key is never sent to another URL than the one it stands beside. Start at `resolve`.
Whether a local server may be followed is `ready`'s business; nothing is sent from here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from chalicelib.domain.errors import BadInput
from overdue.local import discovery

LOCAL_STAGE = "local"


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What one source says; None: nothing."""

    url: str | None = None
    api_key: str | None = None
    ping_key: str | None = None
    stage: str | None = None
    region: str | None = None
    dynamodb_url: str | None = None
    dynamodb_key: str | None = None


NOTHING = Given()


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a command needs to know of a deployment; None: no source says it."""

    stage: str | None  # part of the names of its tables
    url: str | None  # without a slash at its end
    api_key: str | None
    ping_key: str | None
    region: str | None  # where its tables are
    dynamodb_url: str | None  # of a local server; None: AWS itself
    dynamodb_key: str | None = None  # the access key that requests to `dynamodb_url` are signed with

    def base(self) -> str:
        """The URL. Raises BadInput, which says how to give one."""
        if self.url is not None:
            return self.url
        if self.stage is not None:
            raise BadInput(
                f'No URL for stage "{self.stage}". Write it into the settings file, under [stages.{self.stage}]: '
                'url = "https://overdue.example.com"'
            )
        raise BadInput(
            "No URL of a deployment. Set OVERDUE_URL, give --url, or start a server here with: overdue local"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsFile:
    """The settings file: stages by name, and which of them is meant when none is named."""

    stages: Mapping[str, Given]
    default: str | None


def resolve(given: Given, *, environ: Mapping[str, str], directory: Path) -> Settings:
    """Flags, then the environment, then the file's stage, then a local server of this directory or one above.

    A flag `--stage` goes before the environment's URL. Raises BadInput for a file or a URL that cannot be used.
    """
    env = Given(
        url=environ.get("OVERDUE_URL") or None,
        api_key=environ.get("OVERDUE_API_KEY") or None,
        ping_key=environ.get("OVERDUE_PING_KEY") or None,
        stage=environ.get("OVERDUE_STAGE") or None,
    )
    file = read_file(file_path(environ))
    layers = [given, _stage(file, given.stage, directory), env, _stage(file, env.stage, directory)]
    if all(layer.url is None and layer.stage is None for layer in layers):
        default = _stage(file, file.default, directory)
        layers.append(default if file.default is not None else _local_server(directory))
    return _merged(layers)


def _merged(layers: list[Given]) -> Settings:
    """The first that says it wins; keys only of those that say no URL, or the one that won."""
    layers = [replace(layer, url=_checked(layer.url)) if layer.url else layer for layer in layers]
    url = next((layer.url for layer in layers if layer.url), None)
    beside = [layer for layer in layers if layer.url in (None, url)]
    stage = next((layer.stage for layer in layers if layer.stage), None)
    of_stage = [layer for layer in layers if layer.stage in (None, stage)]
    return Settings(
        stage=stage,
        url=url,
        api_key=next((layer.api_key for layer in beside if layer.api_key), None),
        ping_key=next((layer.ping_key for layer in beside if layer.ping_key), None),
        region=next((layer.region for layer in of_stage if layer.region), None),
        dynamodb_url=next((layer.dynamodb_url for layer in of_stage if layer.dynamodb_url), None),
        dynamodb_key=next((layer.dynamodb_key for layer in of_stage if layer.dynamodb_key), None),
    )


def _checked(url: str) -> str:
    if not _is_address(url):
        raise BadInput(f'URL "{url}" is not the address of a deployment: write it like https://overdue.example.com')
    return url.rstrip("/")


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        is_whole = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a bracket without its other one, a port that is none
        return False
    return is_whole and not parts.query and not parts.fragment and all("!" <= char <= "~" for char in url)


def file_path(environ: Mapping[str, str]) -> Path | None:
    """Where the settings file is, if there is one; None for a user without a home."""
    if named := environ.get("OVERDUE_CONFIG"):
        return Path(named)
    if configs := environ.get("XDG_CONFIG_HOME"):
        return Path(configs, "overdue", "config.toml")
    home = environ.get("HOME")
    return Path(home, ".config", "overdue", "config.toml") if home else None


def read_file(path: Path | None) -> SettingsFile:
    """The settings file; an absent one says nothing. Raises BadInput for one that cannot be read."""
    if path is None:
        return SettingsFile(stages={}, default=None)
    try:
        text = path.read_bytes().decode()
    except (FileNotFoundError, NotADirectoryError):
        return SettingsFile(stages={}, default=None)
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} cannot be read: {error}") from error
    import tomllib  # 4 ms, which a job without such a file does not wait for

    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"{path} is not valid TOML: {error}") from error
    stages = found.get("stages", {})
    if not isinstance(stages, dict) or unknown(found, {"stages", "stage"}):
        raise BadInput(f'{path}: only stage = "…" and [stages.…] are known at its top')
    read = {name: _read_stage(path, name, values) for name, values in stages.items()}
    default = found.get("stage", next(iter(read)) if len(read) == 1 else None)
    if default is not None and default not in read and default != LOCAL_STAGE:
        raise BadInput(f'{path}: stage "{default}" has no [stages.{default}]')
    return SettingsFile(stages=read, default=default)


def _read_stage(path: Path, name: str, values: object) -> Given:
    known = {"url", "api_key", "ping_key", "region"}
    if not isinstance(values, dict) or unknown(values, known) or not all(isinstance(v, str) for v in values.values()):
        raise BadInput(f"{path}: [stages.{name}] takes these texts: {', '.join(sorted(known))}")
    return Given(stage=name, **values)


def unknown(table: Mapping[str, object], known: set[str]) -> bool:
    """Whether a table has a key that nobody reads: a typing error must not go unnoticed."""
    return not table.keys() <= known


def _stage(file: SettingsFile, name: str | None, directory: Path) -> Given:
    if name is None:
        return NOTHING
    if name == LOCAL_STAGE and name not in file.stages:
        found = _local_server(directory)
        if found is NOTHING:
            raise BadInput("No server runs in this directory. Start one with: overdue local")
        return found
    return file.stages.get(name, Given(stage=name))


def _local_server(directory: Path) -> Given:
    found = discovery.find(directory)
    if found is None:
        return NOTHING
    return Given(
        stage=LOCAL_STAGE,
        url=found.base,
        api_key=found.api_key,
        ping_key=found.ping_key,
        dynamodb_url=found.dynamodb,
        dynamodb_key=found.access_key,
    )
