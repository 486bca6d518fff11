"""`python -m benchmarks.frontier` writes docs/frontier.csv and docs/frontier.svg from what docs/frontier*.toml plan.

Measure first: `python -m textdiff_core sweep docs/frontier.toml`, and the same with docs/frontier-wide.toml. The seeds
are none of those by which rules and knobs were chosen (0 to 299).
"""

from __future__ import annotations

from pathlib import Path

from textdiff_core import sweep
from textdiff_core.records import RunConfig
from textdiff_ui.frame import ROOT

DOCS = ROOT / "docs"
PLANS = ("frontier", "frontier-wide")
LANES = {
    "Informed, ours": RunConfig(sampler="informed"),
    "Entropy bound by margin": RunConfig(sampler="entropy-bound:proxy=margin"),
    "Ancestral": RunConfig(sampler="ancestral"),
    "Path planning, random": RunConfig(sampler="p2:planner=random"),
    "Threshold": RunConfig(sampler="threshold"),
    "First-hitting": RunConfig(sampler="first-hitting"),
}


def main() -> None:
    """Reads the two tables and writes the files."""
    import pandas as pd

    plans = [sweep.read_plan(DOCS / f"{name}.toml") for name in PLANS]
    points = pd.concat(
        [sweep.points(sweep.read(Path(plan.out)).frame()) for plan in plans], ignore_index=True
    )
    points = points.drop_duplicates("link").sort_values("network_calls_per_sample", ignore_index=True)
    points.to_csv(DOCS / "frontier.csv", index=False, float_format="%.6g")
    # Coverage beside the corpus's own, since the other measures of diversity depend on how many texts there are.
    drawn = sweep.figure(points, plans[0], LANES, "svg", diversity="relative_coverage")
    (DOCS / "frontier.svg").write_bytes(drawn)


if __name__ == "__main__":
    main()
