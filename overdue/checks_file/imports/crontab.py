"""A crontab into checks: what cron would run, as a file that `overdue apply` takes. Pure; start at `imported`.

Debian's crontab(5), with CRON_TZ of cronie. Slugs are `naming`'s business.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from shlex import quote

from chalicelib.domain.errors import BadInput
from chalicelib.domain.schedule.aliases import without_alias
from chalicelib.domain.schedule.occurrences import current_zone, parse_schedule
from overdue.checks_file.export import Written
from overdue.checks_file.fields import completed
from overdue.checks_file.imports.naming import is_program, name_of, unique
from overdue.checks_file.writing import Entry, written_file

_VARIABLE = re.compile(r"""\s*(?:["']?)([A-Za-z_]\w*)(?:["']?)\s*=\s*(.*?)\s*""")
_USER = re.compile(r"[a-z_][a-z0-9_-]*\$?")
SYSTEM_USERS = frozenset(
    [
        "root",
        "daemon",
        "bin",
        "sys",
        "sync",
        "games",
        "man",
        "lp",
        "mail",
        "news",
        "uucp",
        "proxy",
        "www-data",
        "backup",
        "list",
        "irc",
        "gnats",
        "nobody",
        "_apt",
        "messagebus",
        "sshd",
        "syslog",
        "amavis",
        "apache",
        "asterisk",
        "bind",
        "clamav",
        "cyrus",
        "debian-spamd",
        "dovecot",
        "elasticsearch",
        "git",
        "gitlab",
        "grafana",
        "httpd",
        "icinga",
        "influxdb",
        "jenkins",
        "logcheck",
        "mailman",
        "memcached",
        "mongodb",
        "munin",
        "mysql",
        "nagios",
        "nginx",
        "ntp",
        "opendkim",
        "postfix",
        "postgres",
        "prometheus",
        "rabbitmq",
        "redis",
        "smokeping",
        "tomcat",
        "unbound",
        "vmail",
        "zabbix",
    ]
)
ALSO_PROGRAMS = frozenset({"backup", "bin", "git", "list", "mail", "man", "news", "proxy", "sync", "sys"})
SHELL_WORDS = frozenset({"[", "[[", "test", "if", "command", "cd"})  # begin a command, and are no argument of one
BUILTINS = frozenset({"exec", "cd", ".", "source", "ulimit", "umask", "eval", ":", "export", "set", "trap", "alias"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A line that runs something."""

    line: int
    schedule: str  # five words, or an alias
    tz: str | None  # None: the machine's
    user: str | None  # None: whose crontab it is
    command: str  # with its % as they stand


@dataclass(frozen=True, slots=True)
class Note:
    """What of a line could not be taken over, or must be known."""

    line: int
    text: str


class Format(Enum):
    """Whose crontab it is, which decides whether a user name precedes each command."""

    USER = "user"
    SYSTEM = "system"
    UNCLEAR = "unclear"


def format_of(text: str, *, accounts: Collection[str] = ()) -> Format:
    """Tell a system crontab (/etc/crontab, /etc/cron.d) from a user's by the words before the commands.

    `accounts` are further user names, such as those of this machine. UNCLEAR if the first words could be user names or
    programs: `0 3 * * * backup /srv/data`.
    """
    found = {_evidence(rest, {*SYSTEM_USERS, *accounts}) for _, rest in _job_lines(text)}
    if Format.SYSTEM in found:
        return Format.UNCLEAR if Format.USER in found else Format.SYSTEM
    return Format.UNCLEAR if found == {Format.UNCLEAR} else Format.USER


def _evidence(rest: str, accounts: Collection[str]) -> Format:
    """What one line says: `rest` is all behind the schedule."""
    first, *others = rest.split(maxsplit=2)
    if not others or not _USER.fullmatch(first):
        return Format.USER
    follows_program = others[0].startswith("/") or is_program(others[0])
    if is_program(first) and not follows_program:
        return Format.USER  # `git pull`, although git may be a user
    if others[0] in SHELL_WORDS or (first in accounts and first not in ALSO_PROGRAMS):
        return Format.SYSTEM
    return Format.UNCLEAR if follows_program or first in accounts else Format.USER


def _job_lines(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        if (found := _split(line.strip())) is not None and not line.strip().startswith("#"):
            yield found


def _split(line: str) -> tuple[str, str] | None:
    """The schedule and all behind it; None: no job."""
    number = 1 if line.startswith("@") else 5
    words = line.split(maxsplit=number)
    if len(words) != number + 1 or _VARIABLE.fullmatch(line):
        return None
    return " ".join(words[:number]), words[number]


def jobs(text: str, *, system: bool) -> tuple[list[Job], list[Note]]:
    """What cron would run, in its order, and what of the rest people should know."""
    found: list[Job] = []
    notes: list[Note] = []
    tz: str | None = None
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        if variable := _VARIABLE.fullmatch(line):
            value = variable[2].strip("\"'")
            if variable[1] == "CRON_TZ":
                tz = value
            elif variable[1] == "TZ":
                notes.append(Note(number, f"TZ={value} is for the jobs only: it does not move cron's schedule"))
            continue
        match _split(line):
            case None:
                notes.append(Note(number, f"is no job: {line[:60]}"))
            case schedule, rest:
                user, command = _user(rest) if system else (None, rest)
                if command:
                    found.append(Job(line=number, schedule=schedule, tz=tz, user=user, command=command))
                else:
                    notes.append(Note(number, f"has no command: {line[:60]}"))
    return found, notes


def _user(rest: str) -> tuple[str, str]:
    user, *command = rest.split(maxsplit=1)
    return user, "".join(command)


def imported(text: str, *, name: str, system: bool, zone: str) -> Written:
    """The checks of a crontab; `zone` is the machine's, in which cron runs where no CRON_TZ says otherwise."""
    found, notes = jobs(text, system=system)
    taken, left_out = _taken(found, name, zone)
    zones = {str(entry.settings["tz"]) for _, entry in taken}
    shared = next(iter(zones)) if len(zones) == 1 else zone
    defaults = {} if shared == "UTC" else {"tz": shared}
    comments = [f"Checks of {name}. Look it through, then: overdue apply FILE"]
    return Written(
        written_file([entry for _, entry in taken], defaults=defaults, comments=comments), _told(name, notes + left_out)
    )


def wrapped(text: str, *, name: str, system: bool, zone: str) -> Written:
    """The crontab itself, each job that became a check run by `overdue exec`; all else stays as it is."""
    found, notes = jobs(text, system=system)
    taken, left_out = _taken(found, name, zone)
    lines = text.splitlines()
    for job, entry in taken:
        line = lines[job.line - 1].rstrip()
        lines[job.line - 1] = line.removesuffix(job.command) + _watched(job.command, entry.slug)
    return Written("".join(f"{line}\n" for line in lines), _told(name, notes + left_out))


def _watched(command: str, slug: str) -> str:
    """The command run by `overdue exec`: plain words as they are, all else by the shell that cron would use."""
    if command.startswith("overdue exec "):
        return command
    if command.split(maxsplit=1)[0] not in BUILTINS and re.fullmatch(r"[\w./:@,+-]+( +[\w./:=@,+-]+)*", command):
        return f"overdue exec {slug} -- {command}"
    shell, percent, its_input = _at_percent(command)
    return f'overdue exec {slug} -- "$SHELL" -c {quote(shell.strip())}{percent}{its_input}'


def _taken(found: Sequence[Job], name: str, zone: str) -> tuple[list[tuple[Job, Entry]], list[Note]]:
    """The jobs with their checks, and those that are none."""
    taken: list[tuple[Job, Entry]] = []
    notes: list[Note] = []
    for job in found:
        try:
            taken.append((job, _entry(job, name, zone, [entry.slug for _, entry in taken])))
        except BadInput as error:
            notes.append(Note(job.line, f"left out: {error}"))
    return taken, notes


def _told(name: str, notes: Sequence[Note]) -> tuple[str, ...]:
    return tuple(f"{name}:{note.line}: {note.text}" for note in sorted(notes, key=lambda note: note.line))


def _entry(job: Job, name: str, zone: str, taken: Sequence[str]) -> Entry:
    """Raises BadInput for what cannot be expected at a time."""
    command = plain(job.command)
    if job.schedule.lower() == "@reboot":
        raise BadInput(f"{command[:60]} runs at reboot, at no time that could be expected")
    schedule = without_alias(job.schedule).removeprefix("-")  # SUSE's "-": do not log
    if schedule.startswith("@"):
        raise BadInput(f"{schedule} is not known: {command[:60]}")
    tz = current_zone(job.tz or zone)
    said = {"schedule": (parse_schedule(schedule, tz).expression,), "tz": tz}
    slug = unique(name_of(command), taken)
    who = f" (as {job.user})" if job.user else ""
    comments = [f"{name}:{job.line}{who}: {job.command}"]
    return Entry(slug=slug, settings=completed(said, slug=slug, defaults={}), comments=comments)


def plain(command: str) -> str:
    """What the shell gets: up to a bare %, behind which its input stands; `\\%` is a percent sign."""
    return _at_percent(command)[0].replace("\\%", "%").strip()


def _at_percent(command: str) -> tuple[str, str, str]:
    """What stands before the first bare %, that sign, and all behind it."""
    found = re.search(r"(?<!\\)%", command)
    return (command, "", "") if found is None else (command[: found.start()], "%", command[found.end() :])
