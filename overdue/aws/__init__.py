"""The operator's calls to AWS: account, logs, usage and cost, keys in the stage's tables."""
