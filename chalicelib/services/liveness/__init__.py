"""Whether Overdue itself works: the sweep pings its own public URL, and calls the outside watchdog."""
