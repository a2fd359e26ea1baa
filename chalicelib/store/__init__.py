"""DynamoDB: checks, history, registry. `beat` and `decide` are the only two writes of a check."""
