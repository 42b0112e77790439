"""Rows of the project's own making: for trying the harness out, not for results."""
