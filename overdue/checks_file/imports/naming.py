"""A check's slug from its job's command: the script's name, whatever stands around it.

`cd /srv && nice -n 10 /usr/local/bin/backup.sh --full` is `backup`. Start at `name_of`.
"""

import re
import shlex
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from chalicelib.domain.slugs import LONGEST_SLUG, slug_of

_WRAPPERS = {"sudo", "nice", "ionice", "chronic", "cronic", "env", "exec", "time", "nohup", "eatmydata", "command"}
_WRAPPERS_OF_ONE = {"flock", "timeout", "setlock", "chpst", "chroot"}  # a lock, a limit, a place stands before it
_AS_ANOTHER_USER = {"su", "runuser"}
_OPTIONS_WITH_VALUE = {
    "runuser": {"-u", "-g", "-G", "-s", "-w"},
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
_REDIRECTION = set("<>&|")
_ENDS = {"{", "}", "then", "else", "do", "done", "fi"}
_SAY_NOTHING = {"bin", "sbin", "usr", "etc", "opt", "local", "scripts", ""}


def name_of(command: str) -> str:
    """Return a slug for a command: the name of its program or script. `job` if no word of it is a name."""
    inline = ""
    for words in _commands(command):
        if not words or words[0] in _BEFORE or words[:2] == ["command", "-v"]:
            continue
        if named := _named(words):
            if not _is_inline_code(words):
                return named
            inline = inline or named  # perl -e 'sleep …' && the-job: the job's name comes later
    return inline or "job"


def is_program(word: str) -> bool:
    """Whether a word is a program or shell word that this module knows, such as `python3` or `cd`."""
    known = _WRAPPERS | _WRAPPERS_OF_ONE | _AS_ANOTHER_USER | _WITH_SUBCOMMAND | _NAMED_BY_WHAT_THEY_TAKE | _BEFORE
    return word in known or re.sub(r"[\d.]+$", "", word) in _INTERPRETERS


def unique(name: str, taken: Iterable[str]) -> str:
    """The name, or the name with the first number that makes it another's no more."""
    known, number = set(taken), 2
    found = name
    while found in known:
        found = f"{name[: LONGEST_SLUG - 4]}-{number}"
        number += 1
    return found


def _commands(command: str) -> Iterator[list[str]]:
    """Yield the simple commands of a line in order, without redirections and command substitutions."""
    lexer = shlex.shlex(_without_substitutions(command), posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    try:
        tokens = list(lexer)
    except ValueError:  # an unclosed quotation mark
        tokens = command.split()
    found: list[str] = []
    is_file = False
    for token in tokens:
        if is_file:
            is_file = False
        elif set(token) & {"<", ">"} and set(token) <= _REDIRECTION:
            is_file = True
            if found and found[-1].isdecimal():  # the 2 of 2>/dev/null
                found.pop()
        elif token in _ENDS or set(token) <= _PUNCTUATION:
            yield found
            found = []
        else:
            found.append(token)
    yield found


def _without_substitutions(command: str) -> str:
    """Remove `$(…)` and backticks: what they print is unknown."""
    while (shorter := re.sub(r"\$\([^()]*\)|`[^`]*`", "", command)) != command:
        command = shorter
    return command


def _is_inline_code(words: list[str]) -> bool:
    """Whether an interpreter runs code from its command line (`perl -e …`), which has no name."""
    words = _without_wrappers(words)
    program = re.sub(r"[\d.]+$", "", PurePosixPath(words[0]).name) if words else ""
    return program in _INTERPRETERS and any(word in ("-e", "-r") for word in words[1:2])


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
        elif program in _AS_ANOTHER_USER:
            words = _run_as(program, words[1:])
        elif program in _WRAPPERS | _WRAPPERS_OF_ONE:
            words = _behind_options(program, words[1:])
            words = words[1:] if program in _WRAPPERS_OF_ONE else words
            if words[:1] == ["-c"] and len(words) > 1:  # flock LOCK -c 'a line for the shell'
                words = ["sh", *words]
        else:
            return words
    return []


def _run_as(program: str, words: list[str]) -> list[str]:
    """The command of `su` or `runuser`: a line for a shell behind -c, or the words behind the options and `--`."""
    for at, word in enumerate(words[:-1]):
        if word in ("-c", "--command"):
            return ["sh", "-c", words[at + 1]]
    rest = _behind_options(program, words)
    return rest if program == "runuser" else []


def _behind_options(program: str, words: list[str]) -> list[str]:
    with_value = _OPTIONS_WITH_VALUE.get(program, set())
    while words and words[0].startswith("-"):
        if words[0] == "--":
            return words[1:]
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
    return slug_of(re.sub(r"[^\w-]", " ", _stem(text))) if re.search("[A-Za-z0-9]", text) else ""
