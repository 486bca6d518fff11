"""Sweeps: many configurations, many samples each, one table. No torch until a row is measured.

plan = read_plan(Path("sweep.toml"))
for progress in run(plan):
    print(progress.done, progress.total, progress.left)
table = points(read(Path(plan.out)).frame())
"""

from textdiff_core.sweep import jobs
from textdiff_core.sweep.figure import FORMATS, figure, made_from, title
from textdiff_core.sweep.frontier import COSTS, config_of, curves, family, frontier, lanes_plan
from textdiff_core.sweep.plan import Cell, Plan
from textdiff_core.sweep.plan_file import parse_plan, read_plan, write_plan
from textdiff_core.sweep.points import points
from textdiff_core.sweep.table import RULE, Found, columns, measures, notes, read, to_parquet
from textdiff_core.sweep.work import Progress, origin, run

__all__ = [
    "COSTS", "FORMATS", "RULE", "Cell", "Found", "Plan", "Progress", "columns", "config_of", "curves", "family",
    "figure", "frontier", "jobs", "lanes_plan", "made_from", "measures", "notes", "origin", "parse_plan", "points",
    "read", "read_plan", "run", "title", "to_parquet", "write_plan",
]  # fmt: skip
