"""One note put to the providers: who is asked, with what memory, and within what budget."""

from inkchat.asking.asker import Asker, Asking
from inkchat.asking.call import Paused
from inkchat.asking.order import Choose
from inkchat.asking.remembering import Rememberer

__all__ = ["Asker", "Asking", "Choose", "Paused", "Rememberer"]
