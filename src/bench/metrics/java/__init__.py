"""Java programs: one that runs to its end, and one that answers line by line."""
