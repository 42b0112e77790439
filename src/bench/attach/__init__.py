"""Putting a method on a model: adapted linear maps, counting, merging."""
