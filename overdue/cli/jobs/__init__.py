"""Commands that run inside a job: `exec` and `ping`."""
