"""Metrics: predictions and references in, numbers out. Nothing about models."""

VERSION = 1
"""Version of the scorers: raised when the same predictions would get another score."""
