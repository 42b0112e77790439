"""Metrics: predictions and references in, numbers out. Nothing about models."""

VERSION = 1
"""Of what all scorers share, and of tasks that name no scorer of their own."""
