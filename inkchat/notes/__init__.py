"""What a dropped file becomes: a note with pages that a model can read.

`opening` is the program's side and parses nothing; every other module here works on foreign
bytes, and runs only in a child process. So does what `screen` shows of our own pages.
"""

from inkchat.notes.opening import LONG_EDGE_PX, open_note, warm_up

__all__ = ["LONG_EDGE_PX", "open_note", "warm_up"]
