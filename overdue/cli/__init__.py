"""The command line. `main` finds the command; each command is a module of a sub-package."""
