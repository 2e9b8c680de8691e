"""What a whole class did in an assignment, as one page: ``python -m autograder insights``."""
