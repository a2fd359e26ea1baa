"""Suggest a schedule, grace time and run limit from a check's pings, and count the alerts that each would have sent."""
