"""Training: examples to batches, batches to steps, steps to a fitted model."""

VERSION = 1
"""Version of the trainer: raised when the same cell would train to another result."""
