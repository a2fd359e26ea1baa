"""The functions that a stage has, by the last part of their names; what each does stands in `app.py` and `notifier`."""

FUNCTIONS = ("api", "sweep", "storm", "prober", "alarms", "canary", "notifier")
SCHEDULED = ("sweep", "prober", "canary")  # EventBridge calls them by the clock
