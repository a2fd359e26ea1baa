"""Schedules: cron and OnCalendar expressions, time zones, maintenance windows."""
