"""What a check's history advises: which grace, schedule and limit would suit it, and what each would have told."""
