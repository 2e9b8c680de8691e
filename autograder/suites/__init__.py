"""The hidden tests, one module for each assignment, and what they are made of."""
