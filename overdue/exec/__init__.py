"""Run a job for `overdue exec` and keep the end of its output."""
