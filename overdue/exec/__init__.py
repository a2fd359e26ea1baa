"""Run a job for `overdue exec`, send its pings and keep the end of its output."""
