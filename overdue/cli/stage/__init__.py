"""Commands that manage a deployed stage."""
