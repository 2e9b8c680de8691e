"""Forget Me Not: continual learning, graded. What a notebook may import."""

__version__ = "0.1.0"
