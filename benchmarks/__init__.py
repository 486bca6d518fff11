"""Where the README's numbers come from. `python -m benchmarks` measures all and writes RESULTS.md."""
