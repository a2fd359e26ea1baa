"""Signals that are not pings from a job: CloudWatch alarms, the canary, uptime probes."""
