"""The loopback vendors as a program, for crash tests and benchmarks.

Writes its port to `--port-file` once it listens, and a line per paid call to `--calls-file`
before it answers: the wire form and the SHA-256 of the request's body. Ends on SIGTERM.
"""

import argparse
import signal
import threading
from pathlib import Path

from tests.vendors.script import Say
from tests.vendors.server import VendorServer


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.vendors")
    parser.add_argument("--port-file", type=Path, required=True)
    parser.add_argument("--calls-file", type=Path)
    parser.add_argument("--delay-seconds", type=float, default=0.0)
    parser.add_argument("--pause-seconds", type=float, default=0.0, help="between two events")
    parser.add_argument("--no-judge", action="store_true")
    options = parser.parse_args()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    say = Say(delay_seconds=options.delay_seconds, pause_seconds=options.pause_seconds)
    server = VendorServer(say, judge=not options.no_judge, calls_file=options.calls_file)
    with server:
        # Renamed into place: whoever waits for the file must not read half a number.
        written = options.port_file.with_name(f"{options.port_file.name}.tmp")
        written.write_text(str(server.port))
        written.replace(options.port_file)
        stop.wait()


if __name__ == "__main__":
    main()
