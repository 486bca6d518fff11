"""Sweeps: many configurations, many samples each, one table. No torch until a row is measured.

plan = read_plan(Path("sweep.toml"))
for progress in run(plan):
    print(progress.done, progress.total, progress.left)
table = points(read(Path(plan.out)).frame())
"""

from textdiff_core.sweep.plan import Cell, Plan
from textdiff_core.sweep.plan_file import parse_plan, read_plan, write_plan
from textdiff_core.sweep.points import points
from textdiff_core.sweep.table import Found, columns, measures, notes, read
from textdiff_core.sweep.work import Progress, run

__all__ = [
    "Cell",
    "Found",
    "Plan",
    "Progress",
    "columns",
    "measures",
    "notes",
    "parse_plan",
    "points",
    "read",
    "read_plan",
    "run",
    "write_plan",
]
