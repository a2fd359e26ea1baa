"""The operator's side of notification channels: kinds, subscriptions and test alerts."""
