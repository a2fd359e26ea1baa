"""Checks as code: a file of checks, what it wants changed, and how other tools' lists become such a file.

Pure but for `apply`. The words of the file stand in `fields`, its grammar in `file`, the comparison in `plan`.
Start at `file.read`.
"""
