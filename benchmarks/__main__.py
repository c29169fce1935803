"""`python -m benchmarks`: all of them, as one table.

Figures depend on the machine; the bounds are for two cores. Drawing is compared with a named
peer in the same run; the extra `benchmarks` brings it.
"""

import os
import platform
import sys
from collections.abc import Callable, Iterator

from benchmarks import command_line, conversations, drawing, memory, service
from benchmarks.table import Row, write_table


def measure_all() -> Iterator[Row]:
    steps: list[Callable[[], object]] = [
        command_line.measure_help,
        drawing.measure,
        memory.measure,
        conversations.measure,
        service.measure_save_to_response,
        service.measure_backlog,
        service.measure_slow_model,
        service.measure_idle_memory,
        service.measure_idle,
    ]
    for step in steps:
        print(f"{step.__module__}.{step.__name__} …", file=sys.stderr, flush=True)
        measured = step()
        if isinstance(measured, Row):
            yield measured
        else:
            yield from measured  # type: ignore[misc]


if __name__ == "__main__":
    load = os.getloadavg()[0]
    table = write_table(measure_all())
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, load before {load:.1f}\n")
    print(table)
