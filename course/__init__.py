"""Forget Me Not: continual learning, graded. What a notebook may import."""

from course.checks import check

__all__ = ["check"]

__version__ = "0.1.0"
