"""A check's slug from its job's command: the script's name, whatever stands around it.

`cd /srv && nice -n 10 /usr/local/bin/backup.sh --full` is `backup`. Start at `name_of`.
"""

import re
import shlex
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from chalicelib.domain.ids import LONGEST_SLUG
from overdue.client.pinging import slug_of

_WRAPPERS = {"sudo", "nice", "ionice", "chronic", "cronic", "env", "exec", "time", "nohup", "eatmydata"}
_WRAPPERS_OF_ONE = {"flock", "timeout", "setlock", "chpst", "chroot"}  # a lock, a limit, a place stands before it
_OPTIONS_WITH_VALUE = {
    "sudo": {"-u", "-g", "-C"},
    "nice": {"-n"},
    "ionice": {"-c", "-n"},
    "env": {"-u", "-C"},
    "flock": {"-w", "-E"},
    "timeout": {"-k", "-s"},
}
_INTERPRETERS = {"sh", "bash", "dash", "zsh", "ksh", "python", "perl", "ruby", "php", "node", "java"}
_WITH_SUBCOMMAND = {
    "make", "rake", "artisan", "manage", "npm", "yarn", "docker", "systemctl", "bundle", "rails", "aws", "restic",
    "borg", "borgmatic", "rclone", "certbot", "git", "kubectl", "wp", "occ", "console", "drush",
}  # fmt: skip
_NAMED_BY_WHAT_THEY_TAKE = {"run-parts", "curl", "wget"}
_SAYS_LITTLE = {"cron", "run", "main", "index", "script", "job", "start", "task", "update", "entrypoint"}
_BEFORE = {"cd", "test", "[", "[[", ".", "source", "export", "set", "umask", "sleep", "true", ":", "if"}
_PUNCTUATION = set(";&|()")
_ENDS = {"{", "}", "then", "else", "do", "done", "fi"}
_SAY_NOTHING = {"bin", "sbin", "usr", "etc", "opt", "local", "scripts", ""}


def name_of(command: str) -> str:
    """A slug for a command; `job` where it has no word to go by."""
    for words in _commands(command):
        if words and words[0] not in _BEFORE and (named := _named(words)):
            return named
    return "job"


def unique(name: str, taken: Iterable[str]) -> str:
    """The name, or the name with the first number that makes it another's no more."""
    known, number = set(taken), 2
    found = name
    while found in known:
        found = f"{name[: LONGEST_SLUG - 4]}-{number}"
        number += 1
    return found


def _commands(command: str) -> Iterator[list[str]]:
    """The simple commands of a line, one after the other."""
    lexer = shlex.shlex(command, posix=True, punctuation_chars=";&|()")
    lexer.whitespace_split = True
    try:
        tokens = list(lexer)
    except ValueError:  # a quotation mark without its other
        tokens = command.split()
    found: list[str] = []
    for token in tokens:
        if token in _ENDS or set(token) <= _PUNCTUATION:
            yield found
            found = []
        else:
            found.append(token)
    yield found


def _named(words: list[str]) -> str:
    """The program that a simple command runs in the end, and with some what they do."""
    words = _without_wrappers(words)
    if not words:
        return ""
    program = PurePosixPath(words[0]).name
    if re.sub(r"[\d.]+$", "", program) in _INTERPRETERS:
        return _interpreted(words)
    stem = _stem(program)
    arguments = [_word(word) for word in words[1:] if not word.startswith("-") and _word(word)]
    if stem in _NAMED_BY_WHAT_THEY_TAKE and arguments:
        return _slug(arguments[-1])
    if stem in _WITH_SUBCOMMAND and arguments:
        return _slug(f"{stem}-{_stem(arguments[0])}")
    folder = next((name for name in PurePosixPath(words[0]).parts[-2::-1] if name not in _SAY_NOTHING), "").strip("/")
    return _slug(f"{folder}-{stem}" if stem in _SAYS_LITTLE and folder else stem)


def _without_wrappers(words: list[str]) -> list[str]:
    if words[:2] == ["overdue", "exec"] and len(words) > 2:
        return [words[2]]  # it has a name already
    while words:
        program = PurePosixPath(words[0]).name
        if re.fullmatch(r"\w+=.*", words[0], re.DOTALL):
            words = words[1:]
        elif words[:2] == ["bundle", "exec"]:
            words = words[2:]
        elif program in _WRAPPERS | _WRAPPERS_OF_ONE:
            words = _behind_options(program, words[1:])
            words = words[1:] if program in _WRAPPERS_OF_ONE else words
            if words[:1] == ["-c"] and len(words) > 1:  # flock LOCK -c 'a line for the shell'
                words = ["sh", *words]
        else:
            return words
    return []


def _behind_options(program: str, words: list[str]) -> list[str]:
    with_value = _OPTIONS_WITH_VALUE.get(program, set())
    while words and words[0].startswith("-"):
        words = words[2:] if words[0] in with_value else words[1:]
    return words


def _interpreted(words: list[str]) -> str:
    """The script of an interpreter, the module of `-m`, the name within `sh -c '…'`."""
    rest = words[1:]
    while rest and rest[0].startswith("-"):
        option, *rest = rest
        if option.endswith("c") and not option.startswith("--") and rest:
            return name_of(rest[0])
        if option in ("-e", "-r"):
            return _slug(PurePosixPath(words[0]).name)
        if option in ("-m", "-jar") and rest:
            return _slug(PurePosixPath(rest[0]).name if option == "-jar" else rest[0].split(".")[-1])
    return _named(rest) if rest else _slug(PurePosixPath(words[0]).name)


def _stem(program: str) -> str:
    return re.sub(r"\.(sh|bash|py|pl|rb|php|js|jar|exe|bin)$", "", program)


def _word(text: str) -> str:
    """The last part of a path or a URL, if it names anything."""
    return re.sub(r"[^A-Za-z0-9_.:-]", "", PurePosixPath(text.partition("?")[0]).name)


def _slug(text: str) -> str:
    return slug_of(_stem(text)) if re.search("[A-Za-z0-9]", text) else ""
