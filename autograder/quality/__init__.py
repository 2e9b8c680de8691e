"""How right the grader is: many right and wrong answers, and what becomes of each."""
