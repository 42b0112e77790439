"""Canaries: stored numbers that tell when a component computes something else.

A component carries a version, which is raised when it computes other numbers. Probes on
tiny models and a few stored rows tell when somebody forgot that:

    task ► models ► trainer ► method ► decoder ► metrics ► cell

A probe that differs names its component, unless one before it in the flow of data, or a
version that was raised, explains the difference.

    numbers.py       when two readings agree
    blame.py         whose difference it is
    stored.py        the file of stored numbers
    digits.py        whether this environment gives the same digits
"""
