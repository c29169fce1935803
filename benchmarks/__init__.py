"""Speed and memory, as a person would notice them; `python -m benchmarks` prints the table."""
