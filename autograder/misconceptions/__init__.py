"""Wrong answers that can be run, each with the hint that it deserves."""
