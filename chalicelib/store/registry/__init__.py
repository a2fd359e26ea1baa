"""The registry table: projects, keys, channels, policies and other small records."""
