"""Tables and figures about weights, costs and data, from what analyses left below results/.

sources.py    the analyses, each value checked, with the runs that they are about
published.py  what the papers print of them: conf/published/*.yaml, `analyses`
similarity.py, ranks.py, training.py, energy.py, orders.py, counts.py, data.py   one table each
groups.py     analyses that differ in the seed alone; pairs.py, counted.py, timing.py  their rows
grid.py       what a table is, in plain text; pages.py  the same as Markdown, LaTeX and CSV
write.py      all files

Nothing here imports torch.
"""
