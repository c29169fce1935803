"""From what is stored of a response to its page in the outbox, once."""

import logging
from collections.abc import Callable

from inkchat import outbox, reply
from inkchat.domain import Device, Drawn, Drop, ErrorResponse, Response, Watch
from inkchat.errors import MachineBusy, Undrawable
from inkchat.reply import letters
from inkchat.store import Outgoing, Store

log = logging.getLogger(__name__)


class Delivery:
    """Draws and delivers the pages of drops; safe to use from several threads."""

    def __init__(
        self,
        store: Store,
        find_watch: Callable[[Drop], Watch],
        pass_point: Callable[[str], None],
    ) -> None:
        """`find_watch` tells what a drop's outbox and tablet are now."""
        self._store = store
        self._find_watch = find_watch
        self._pass_point = pass_point

    def deliver(self, drop: Drop) -> Drop:
        """All pages of a drop that are not delivered yet; harmless any number of times.

        Raises DeliveryError, MachineBusy, StoreError and ConfigError.
        """
        for response in self._store.outgoing.list_undelivered(drop.id):
            if not outbox.holds_page(response.outbox, response.name, response.sha256):
                response = self._draw_and_publish(drop, response)
            drop = self._note_delivery(drop, response)
            self._pass_point("delivered")
        return drop

    def _draw_and_publish(self, drop: Drop, response: Outgoing) -> Outgoing:
        # As its watch is now: the tablet may have been changed since the answer came.
        watch = self._find_watch(drop)
        page = _draw(response, watch.device)
        response = self._store.outgoing.keep_drawing(response, page)
        self._pass_point("drawn")
        self._publish(watch, response, page)
        self._pass_point("published")
        return response

    def _publish(self, watch: Watch, response: Outgoing, page: Drawn) -> None:
        # The outbox may have been corrected, too.
        outbox_now = watch.outbox
        if outbox_now != response.outbox:
            response = self._store.outgoing.readdress(response, outbox_now)
        while (
            outbox.publish_page(page.pdf, response.outbox, response.name)
            is outbox.Published.NAME_TAKEN
        ):
            log.warning("Another file lies in the outbox under the name %s.", response.name)
            response = self._store.outgoing.readdress(response, outbox_now, rename=True)

    def _note_delivery(self, drop: Drop, response: Outgoing) -> Drop:
        file = response.sha256, response.size_bytes
        if response.is_notice:
            self._store.outgoing.mark_delivered(response.id, *file)
            return drop
        return self._store.ledger.finish(drop, response.id, *file)


def _draw(response: Outgoing, device: Device) -> Drawn:
    content = response.content
    try:
        return _make_page(content, device)
    except MachineBusy:
        raise
    except Exception as error:  # the edge again: whatever a model wrote must end on a page
        log.exception("A page of %s could not be drawn.", content.head.conversation_id)
        undrawable = Undrawable(content.head.conversation_id, error)
    return _make_page(letters.write_error(content.head, undrawable, letters.IS_ANSWERED), device)


def _make_page(content: Response | ErrorResponse, device: Device) -> Drawn:
    try:
        return reply.make_page(content, device)
    except OSError as error:
        raise MachineBusy(
            f"A page could not be drawn, because the system refused: {error.strerror or error}.",
            "Close other programs or free some memory.",
        ) from error
