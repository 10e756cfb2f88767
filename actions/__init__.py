"""What a drill does: one fault or recovery step a file, its inverse beside it."""
