"""Grades the notebooks of Forget Me Not. Only the instructor has this package."""
