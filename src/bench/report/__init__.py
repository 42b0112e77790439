"""Tables from records and published numbers alone: nothing is trained, torch is never imported.

runs.py       the records, as far as tables use them, checked
spec.py       conf/table/*.yaml: the rows and columns of a published table
published.py  conf/published/*.yaml: the numbers that a paper prints
tables.py     records × spec × published numbers -> blocks of rows
markdown.py, latex.py, tidy.py   the same table as text
"""
