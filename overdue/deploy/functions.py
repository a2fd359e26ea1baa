"""The names of a stage's functions, without the prefix. `app.py` and `notifier` define what each does."""

FUNCTIONS = ("api", "sweep", "storm", "prober", "alarms", "canary", "notifier")
SCHEDULED = ("sweep", "prober", "canary")  # invoked by EventBridge rules
