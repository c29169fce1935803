"""A request that fits: how large the pictures are, and how much of the conversation is told."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from inkchat import conversations, models
from inkchat.asking.blind import write_out_pictures
from inkchat.asking.caching import choose_cache_life
from inkchat.config import ProviderSettings, Settings
from inkchat.domain import Drop, Note, Page, Request
from inkchat.store import Recollection, Store
from inkchat.store.values import read_time

OpenNote = Callable[[Drop, int], Note]
"""Opens a drop anew, with pictures whose longer side is at most so many pixels."""

_SHRINKING = ((1.0, None), (0.5, 1024), (0.0, 768))
"""The share of the memory and the picture's longer side, tried in turn while it is too large."""

_SAFE_SHARE = 0.9
"""Of the window: the rest is for what the estimate does not know."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """A request, and what the person should know of how it was made."""

    request: Request
    remark: str = ""


class Fitter:
    """Builds the request for one drop and one provider, and smaller ones after it."""

    def __init__(
        self, store: Store, open_note: OpenNote, settings: Settings, author: str = ""
    ) -> None:
        """`author` is who wrote the note, where it is somebody else than the watch's user."""
        self._author = author
        self._store = store
        self._open_note = open_note
        self._settings = settings

    def fit(
        self, drop: Drop, note: Note, provider: ProviderSettings, hint: str
    ) -> Iterator[Fitted]:
        """The request as it should be, then ever smaller ones; none that is no smaller."""
        remark = ""
        sent_before: Fitted | None = None
        for share, most_px in _SHRINKING:
            # Once at most, as it takes seconds for each page; but perhaps only after the first
            # try: some servers do not say beforehand that their model reads no pictures.
            if not remark and not models.connect(provider).reads_pictures():
                note, remark = write_out_pictures(note, provider)
            edge_px = min(provider.image_long_edge_px, most_px or provider.image_long_edge_px)
            fitted = Fitted(self._build(drop, note, provider, hint, share, edge_px), remark)
            if sent_before is None or fitted.request != sent_before.request:
                yield fitted
            sent_before = fitted

    def _build(
        self,
        drop: Drop,
        note: Note,
        provider: ProviderSettings,
        hint: str,
        share: float,
        edge_px: int,
    ) -> Request:
        note = self._resize(drop, note, edge_px)
        memory_tokens = round(self._settings.memory_tokens * share)
        recollection = self._store.recollections.read(
            drop.conversation_id or "",
            besides_drop_id=drop.id,
            most_tokens=self._settings.memory_tokens,
        )
        while True:
            request = self._write(drop, note, provider, hint, recollection, memory_tokens)
            beyond = self._count_beyond_window(request, provider)
            if beyond <= 0 or memory_tokens == 0:
                return request
            memory_tokens = max(memory_tokens - beyond, 0)

    def _resize(self, drop: Drop, note: Note, edge_px: int) -> Note:
        """The same note with smaller or larger pictures; words left out of it stay out."""
        sides = [max(page.width_px, page.height_px) for page in note.pages if page.picture]
        if not sides or max(sides) == edge_px:
            return note
        # By number: pages that were answered before are left out of the note.
        opened = {page.number: page for page in self._open_note(drop, edge_px).pages}
        pages = tuple(_take_picture(page, opened[page.number]) for page in note.pages)
        return replace(note, pages=pages)

    def _write(
        self,
        drop: Drop,
        note: Note,
        provider: ProviderSettings,
        hint: str,
        recollection: Recollection,
        memory_tokens: int,
    ) -> Request:
        cache = choose_cache_life(
            provider,
            _seconds_since_last(recollection),
            self._store.ledger.count_waiting_in(drop.conversation_id or "", drop.id),
        )
        return conversations.build_request(
            provider.system_prompt,
            recollection,
            note,
            drop,
            datetime.now().astimezone(),
            memory_tokens=memory_tokens,
            max_messages=self._settings.max_messages,
            author=self._author,
            cache=cache,
            hint=hint,
        )

    def _count_beyond_window(self, request: Request, provider: ProviderSettings) -> int:
        """Tokens that are too many for the model, by the estimate as usage has corrected it."""
        factor = self._store.calibrations.factor(str(provider.name), provider.model or "")
        window = models.find_window(provider)
        # A small model's window may be no larger than the longest answer that it is allowed.
        answer = min(provider.max_output_tokens, window // 4)
        room = window * _SAFE_SHARE - answer
        return round(models.estimate_request(request, provider) * factor - room)


def _take_picture(page: Page, opened: Page) -> Page:
    return replace(
        page, picture=opened.picture, width_px=opened.width_px, height_px=opened.height_px
    )


def _seconds_since_last(recollection: Recollection) -> float | None:
    last = read_time(recollection.recent[-1].created_at) if recollection.recent else None
    return (datetime.now(UTC) - last).total_seconds() if last else None
