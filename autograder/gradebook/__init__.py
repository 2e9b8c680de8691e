"""Where the grader meets nbgrader: one file for each seam that ``nbgrader_config.py`` names."""
