"""Base models: where they come from, and one set of part names for all of them."""

VERSION = 1
"""Version of the loaders: raised when the same weights would give another model."""
