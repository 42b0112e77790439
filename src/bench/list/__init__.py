"""`python -m bench.list`: the methods, tasks, models, tables and runs that there are."""
