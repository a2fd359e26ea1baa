"""What operators and developers run: the CLI and the local server. Never shipped to Lambda."""
