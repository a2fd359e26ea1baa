"""Alerts as people get them: worded for each protocol, published to SNS."""
