"""The subcommands, a room for each job; `overdue.cli` loads the one that is asked for, and no other."""
