"""Repeat a finished run from its record, and say whether the numbers are the same.

`cell` rebuilds the cell, `repeat` runs it in a folder of its own, `compare` finds what
differs, `show` prints it.
"""
