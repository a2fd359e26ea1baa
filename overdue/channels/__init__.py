"""Notification channels: their kinds, subscriptions and test alerts."""
