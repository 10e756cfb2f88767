"""The page's templates and its style sheet, as package data."""
