"""What answers without a key or session: badges, metrics, their access tokens."""
