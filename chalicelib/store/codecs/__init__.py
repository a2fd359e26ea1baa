"""Between domain values and DynamoDB attributes; attribute names never change."""
