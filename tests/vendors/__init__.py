"""Loopback stand-ins for the vendors: real HTTP, real streams, and a judge for every request.

    with VendorServer(Say(answer="**Yes.**")) as server:
        settings = ProviderSettings(ProviderName.ANTHROPIC, api_key="k", base_url=server.url, ...)

`python -m tests.vendors --port-file F --calls-file F` is the same server as a program.
"""

from tests.vendors.script import Ending, Problem, Say, Script
from tests.vendors.server import Received, VendorServer
from tests.vendors.wires import Wire

__all__ = ["Ending", "Problem", "Received", "Say", "Script", "VendorServer", "Wire"]
