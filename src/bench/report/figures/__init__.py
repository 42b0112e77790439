"""Figures of tables, the same bytes on every run.

pictures.py   the dots of a table; plots.py  lines over a setting, the steps or the epochs
scale.py, marks.py, lettering.py, draw.py   where dots are, and how they are drawn
lines.py, axes.py, curves.py   what lines are, and how they are drawn
bars.py       measurements of speed
"""
