"""Decoding: a model and prompts in, texts out. Nothing about tasks or metrics."""

VERSION = 1
"""Raised when the same model, prompts and settings would decode to other texts."""
