"""The subcommands, a room for each job; `overdue.cli.main` loads the one that is asked for, and no other."""
