"""What the learner's own notebooks say of how far they are: read, never run or changed."""

from course.overview.progress import progress

__all__ = ["progress"]
