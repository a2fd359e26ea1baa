"""Commands that read or write files of checks."""
