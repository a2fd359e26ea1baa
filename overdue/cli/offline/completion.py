"""`overdue completion`: what a shell needs to complete our commands and options."""

import click
from click.shell_completion import get_completion_class


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Complete commands with the Tab key.

    Put this into ~/.bashrc or ~/.zshrc (fish: into ~/.config/fish/completions/overdue.fish):

    Example: eval "$(overdue completion bash)"
    """
    kind = get_completion_class(shell)
    assert kind is not None, "click knows the three shells"
    complete = kind(ctx.find_root().command, {}, "overdue", "_OVERDUE_COMPLETE")
    click.echo(complete.source_template % complete.source_vars())
