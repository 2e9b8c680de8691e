"""Points from the gradebook into the files that learning platforms read: ``nbgrader export``."""
