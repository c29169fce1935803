"""How long a person waits for `inkchat --help`."""

import os
import statistics
import subprocess
import sys

from benchmarks.household import ROOT
from benchmarks.table import Row


def measure_help(runs: int = 11) -> Row:
    seconds = []
    for _ in range(runs):
        before = os.times()
        subprocess.run(
            [sys.executable, "-m", "inkchat", "--help"],
            cwd=ROOT,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        after = os.times()
        seconds.append(
            after.children_user
            + after.children_system
            - before.children_user
            - before.children_system
        )
    median = statistics.median(seconds)
    return Row(
        "`inkchat --help`, processor time",
        f"{median:.2f} s, longest {max(seconds):.2f} s",
        "≤ 0.35 s",
        median <= 0.35,
    )
