"""Where the grader meets nbgrader: one file for each seam that ``nbgrader_config.py`` names."""

from autograder.gradebook.database import wait_when_locked

# Here, as nbgrader imports one of these files before it opens its first gradebook.
wait_when_locked()
