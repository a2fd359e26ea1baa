"""The scheduled sweep: find due checks, evaluate them, publish their alerts. Start in `loop`."""
