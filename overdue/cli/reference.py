"""The reference of all commands, generated from their help: `make docs` writes docs/reference/cli.md."""

from collections.abc import Iterator

import click

from overdue.cli.lazy import Lazy
from overdue.cli.main import main

WIDTH = 100
HEAD = """# Commands

The help of each command. `make docs` generates this page: change the help, not this page. The last sections say where
settings come from, and what `overdue exec` does to a job.

"""
TAIL = """## Settings

In order of precedence, highest first:

1. Options: `--url`, `--api-key`, `--ping-key`, `--stage`.
2. The environment: `OVERDUE_URL`, `OVERDUE_API_KEY`, `OVERDUE_PING_KEY`, `OVERDUE_STAGE`.
3. The settings file, `~/.config/overdue/config.toml`, or the file that `OVERDUE_CONFIG` names:
   ```toml
   stage = "prod"  # the default stage; not needed if there is only one

   [stages.prod]
   url = "https://overdue.example.com"
   api_key = "..."
   ping_key = "..."
   region = "eu-central-1"  # for overdue keys and overdue projects, with AWS credentials
   ```
4. A server that `overdue local` runs in this directory or in one above. It is found by `.overdue/local.json`, if that
   file belongs to you alone and its server answers. `--stage local` selects it in any case.

A key is sent only to the URL that is configured beside it. A key without a URL beside it is sent to any URL.

## Exit status

| status | meaning |
|---|---|
| 0 | done |
| 1 | refused or failed; stderr says why, and what to do |
| 2 | wrong usage; nothing was done |

`overdue exec` exits with the status of its job: 128 + n if signal n ended it, 127 if the command does not exist, 126 if
it cannot be executed.

## What exec does to a job

- The job starts first. The start ping is sent at the same time, and neither waits for the other.
- The job inherits the input. Its output is copied byte by byte as it comes, each stream separately, or both as one if
  they go to the same place (2>&1). On a terminal, the job gets a terminal, too. A closed stream stays closed.
- If nobody reads the output any more, the job notices it as it would without `overdue exec`. If the output cannot be
  written, for example to a full disk, the job goes on and stderr says so. A success then becomes exit status 1, here
  and in Overdue.
- SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1 and SIGUSR2 are forwarded to the job and its children. On a terminal, the
  job stays in the foreground and gets its keys directly. Ignored signals (nohup) stay ignored.
- The end of the job is reported with its exit status and the last 10,000 bytes of its output. There are at most three
  attempts in at most 5 seconds, then one line on stderr. A signal after the end of the job ends even that, unless it
  repeats one of the last 2 seconds: `timeout 1h overdue exec …` sends each of its signals twice, and the end of a job
  that hung is reported all the same.
- Without a URL or a key, the job runs all the same, and stderr says what is missing.
- `overdue exec` does not wait for a process that the job leaves behind. Such a process must not go on writing to the
  output of the job.
"""


def reference() -> str:
    """The whole page, in Markdown."""
    return HEAD + "\n".join(map(_section, commands(main))) + "\n" + TAIL


def commands(command: click.Command, parent: click.Context | None = None) -> Iterator[click.Context]:
    """A command and all below it, imported, each as the context that its help is made in."""
    command = command.load() if isinstance(command, Lazy) else command
    name = command.name if parent else "overdue"
    context = click.Context(command, parent=parent, info_name=name, terminal_width=WIDTH, **command.context_settings)
    yield context
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            yield from commands(command.commands[name], context)


def _section(context: click.Context) -> str:
    return f"## {context.command_path}\n\n```text\n{context.command.get_help(context)}\n```\n"


if __name__ == "__main__":
    click.echo(reference(), nl=False)
