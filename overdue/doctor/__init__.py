"""What an operator wants to know of a stage at AWS: is all of it there, and does it work? Nothing is changed."""
