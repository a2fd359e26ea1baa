"""The operator's calls to AWS: account, logs, usage and cost, and the keys in a stage's tables."""
