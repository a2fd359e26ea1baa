"""Commands that read and change checks through the Management API."""
