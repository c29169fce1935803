"""Runs a function in a process that may be killed, because what it reads is not to be trusted.

580 bytes of PDF make PDFium abort the process it runs in, and an abort cannot be caught: so
foreign bytes are only ever read in a child with limits on memory, processor time and wall time.

Children are forked from a small server process, which has the heavy libraries loaded already:
a few milliseconds each, where a fresh interpreter takes more than a hundred. The server is our
own and not `multiprocessing`'s, because that one

* runs the program's `__main__` again in each child (in Python 3.11: all of the command line),
* hands the environment on, and with it every API key,
* leaves a child running after the program was killed, and
* unpickles what the child sends.

The last one matters most. Whoever takes over a child can send what they like, and a pickle is a
program. Arguments travel to the child as a pickle, since they are ours; the result comes back as
JSON and raw bytes and is built up by the function's return type alone (see `codec`).

What this does not do: a child runs as the same user, so code that was smuggled into it could read
that user's files. The limits stop accidents and bombs, and the codec stops what they send.
"""

from inkchat.sandbox.caller import ChildFailed, FailureReason, run_in_child, warm_up
from inkchat.sandbox.forkserver import IDLE_SECONDS, ChildLimits

__all__ = [
    "IDLE_SECONDS",
    "ChildFailed",
    "ChildLimits",
    "FailureReason",
    "run_in_child",
    "warm_up",
]
