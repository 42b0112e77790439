"""results/index.html: one static page over all records, which needs no server and no network.

groups.py      runs that differ in nothing but the seed
metrics.py     how the scores of a task are written
board.py       the leaderboard
pareto.py, losses.py, ranks.py, points.py, charts.py   what the charts show, and how
sheets.py      the papers' tables
commands.py, entries.py   the single runs
render.py, write.py       the page as text, and as a file
"""
