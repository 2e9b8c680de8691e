"""The visible checks: what ``check("name")`` runs in a student's notebook."""

from course.checks.runner import check

__all__ = ["check"]
