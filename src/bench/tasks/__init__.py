"""Tasks: rows, how they become text, and how predictions are scored. Nothing about methods."""
