"""From a file that has settled to a drop in the ledger: scan, settle and claim for one watch."""

import logging
from collections.abc import Callable

from inkchat.domain import Watch
from inkchat.errors import InkchatError
from inkchat.inbox.claim import take_snapshot
from inkchat.inbox.names import find_document
from inkchat.inbox.scan import Found, Oddity, list_inbox
from inkchat.inbox.settle import Settling
from inkchat.store import Arrival, Received, Store

log = logging.getLogger(__name__)


class Intake:
    """One watch's inbox: what was seen of it, and what is settling there."""

    def __init__(
        self,
        watch: Watch,
        store: Store,
        settle_seconds: float,
        read_claim: Callable[[str], str | None],
        is_command: Callable[[str], bool],
        pass_point: Callable[[str], None],
    ) -> None:
        """`read_claim` finds the conversation that a file's name tells of; `is_command` says
        whether the name is a command.
        """
        self.watch = watch
        self._store = store
        self._read_claim = read_claim
        self._is_command = is_command
        self._pass_point = pass_point
        self._known = store.arrivals.known_signatures(watch.name)
        self._settling = Settling(settle_seconds)
        self._said: frozenset[str] = frozenset()

    def find_ready(self) -> list[Found]:
        """Look once; enter what will never be a note, return what has settled."""
        try:
            listing = list_inbox(self.watch.inbox)
        except InkchatError as error:
            self._say({str(error)})
            self._settling.observe((), self._is_known)
            return []
        for oddity in listing.odd:
            self._ignore(oddity)
        ready = self._settling.observe(listing.found, self._is_known)
        waiting = {f"{found.name} waits: {why}." for found, why in self._settling.unreadable()}
        self._say(waiting | set(listing.unreadable))
        return ready

    def claim(self, found: Found) -> Received | None:
        """Copy it into the private store and enter it; None if it changed meanwhile."""
        snapshot = take_snapshot(found, self._store.private_folder)
        if snapshot is None:
            return None
        with snapshot:
            self._pass_point("copied")
            received = self._store.arrivals.receive(
                Arrival(
                    watch=self.watch,
                    thread=found.thread,
                    name=found.name,
                    suffix=found.suffix,
                    signature=found.signature.text,
                    content_hash=snapshot.content_hash,
                    size_bytes=snapshot.size_bytes,
                    claimed_conversation_id=self._read_claim(found.name),
                    is_named_as_command=self._is_command(found.name),
                    document=find_document(found.name, found.suffix),
                    modified_at=found.signature.modified_at,
                )
            )
        self._known[found.thread, found.name] = found.signature.text
        return received

    def seconds_to_next_look(self) -> float | None:
        return self._settling.seconds_to_next_look()

    def _say(self, sentences: set[str]) -> None:
        """Log what is new: the same inbox is looked at every few seconds."""
        for sentence in sentences - self._said:
            log.warning("%s", sentence)
        self._said = frozenset(sentences)

    @property
    def is_waiting(self) -> bool:
        """Whether a file may be ready soon; one that cannot be read may never be."""
        return self._settling.count_pending() > len(self._settling.unreadable())

    @property
    def is_troubled(self) -> bool:
        return bool(self._said)

    def _is_known(self, found: Found) -> bool:
        return self._known.get((found.thread, found.name)) == found.signature.text

    def _ignore(self, oddity: Oddity) -> None:
        # Known by the reason and not by the signature: a film that grows is entered once.
        seen_as = f"ignored: {oddity.reason}"
        if self._known.get((oddity.thread, oddity.name)) == seen_as:
            return
        self._store.arrivals.ignore(
            Arrival(
                watch=self.watch,
                thread=oddity.thread,
                name=oddity.name,
                suffix="",
                signature=seen_as,
                content_hash=None,
                size_bytes=oddity.signature.size_bytes,
            ),
            oddity.reason,
        )
        self._known[oddity.thread, oddity.name] = seen_as
        log.info("%s is left alone: %s", oddity.name, oddity.reason)
