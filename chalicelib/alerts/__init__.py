"""Alerts: their texts and payloads for each protocol, and publishing them to SNS."""
