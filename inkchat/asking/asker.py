"""One note answered: by the provider it, its thread, its watch or the configuration names.

    order of providers ▶ a request that fits ▶ one call ▶ (repair once) ▶ (hand over) ▶ reply

Whoever is down is passed over for the next of `fallback`, and the page says so.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from inkchat import conversations, models
from inkchat.asking.call import Caller, Paused, Payer
from inkchat.asking.fitting import Fitter, OpenNote
from inkchat.asking.listening import HoldingBack
from inkchat.asking.related import MOST_HITS, add_related, pick_telling_words
from inkchat.config import (
    THREAD_FILE,
    ProviderName,
    ProviderSettings,
    Settings,
    read_thread_provider,
)
from inkchat.domain import Drop, Note, OnText, Reply
from inkchat.errors import (
    AnswerUnusable,
    ConfigError,
    NotConfigured,
    Overloaded,
    ProviderError,
    QuotaExhausted,
    RateLimited,
    RequestTooLarge,
    ThreadMisconfigured,
    UnknownModel,
    Unreachable,
    WrongKey,
)
from inkchat.store import Purpose, Store

Choose = Callable[[Settings, ProviderName | None], models.Choice]

_DOWN = (
    NotConfigured,
    Overloaded,
    Paused,
    QuotaExhausted,
    RateLimited,
    UnknownModel,
    Unreachable,
    WrongKey,
)
"""Failures of a provider that another one need not share. Nothing was paid for in any of them."""

_REPAIR_HINT = (
    "Your last output for this note could not be used. Write exactly one JSON object with the "
    "four keys, and put your answer into “answer”."
)


@dataclass(frozen=True, slots=True)
class _Named:
    """Whom a note itself asks for, and the note without the line that says so."""

    note: Note
    provider: ProviderName | None = None
    remark: str = ""


class Asker:
    """Gets the reply to a drop; safe to use from several threads."""

    def __init__(
        self,
        store: Store,
        read_settings: Callable[[], Settings],
        choose: Choose,
        open_note: OpenNote,
        pass_point: Callable[[str], None],
    ) -> None:
        self._store = store
        self._read_settings = read_settings
        self._choose = choose
        self._open_note = open_note
        self._caller = Caller(store, pass_point)

    def ask(self, drop: Drop, note: Note, user: str, on_text: OnText) -> Reply:
        """The reply, paid for and not yet recorded. Raises ProviderError and ConfigError."""
        settings = self._read_settings()
        payer = Payer(user, settings.budget)
        named = _read_named(note)
        if named.provider is not None and drop.asked_provider != named.provider:
            drop = self._store.ledger.name_provider(drop, named.provider)
        order = self._choose_order(drop, named.provider, settings)
        hint = _write_hint(drop, named)
        held_back = HoldingBack(on_text)
        reply = self._ask_in_order(drop, named.note, order, hint, payer, held_back.add)
        wanted = _find_wanted(drop, named, reply)
        if wanted is not None:
            self._store.ledger.hand_over(drop, wanted, reply)
            drop = self._store.ledger.get(drop.id)
            order = self._choose_order(drop, wanted, settings)
            hint = _write_hint(drop, named)
            held_back = HoldingBack(on_text)
            reply = self._ask_in_order(drop, note, order, hint, payer, held_back.add)
        held_back.finish()
        return _add_remark(self._relate(drop, reply, user), named.remark)

    def would_ask_model(self, drop: Drop) -> bool:
        """Whether the drop, asked about now, would go to a model that can be asked."""
        try:
            first = self._choose_order(drop, None, self._read_settings())[0]
            models.connect(first.settings)
        except (ProviderError, ConfigError):
            return False
        return first.settings.name is not ProviderName.OFFLINE

    # Who is asked

    def _choose_order(
        self, drop: Drop, named: ProviderName | None, settings: Settings
    ) -> Sequence[models.Choice]:
        """The providers in the order in which they are asked.

        One that a note, a thread or a watch names stands alone: who writes “provider: ollama” on
        a private page would not want another company to read it.
        """
        wanted = named or self._find_wanted_here(drop, settings)
        if wanted is not None:
            return [self._choose(settings, wanted)]
        first = self._choose(settings, None)
        others = [name for name in settings.fallback if name is not first.settings.name]
        return [first, *(self._choose(settings, name) for name in others)]

    def _find_wanted_here(self, drop: Drop, settings: Settings) -> ProviderName | None:
        if drop.asked_provider:
            return ProviderName(drop.asked_provider)
        watch = settings.watch(drop.watch)
        if watch is None:
            raise ConfigError(
                f"The watch “{drop.watch}” of a note is configured no more.",
                "Put it back into config.yaml, and the note goes on.",
            )
        of_thread = _read_thread(watch.inbox, drop.thread) if drop.thread else None
        return of_thread or (ProviderName(watch.provider) if watch.provider else None)

    def _ask_in_order(
        self,
        drop: Drop,
        note: Note,
        order: Sequence[models.Choice],
        hint: str,
        payer: Payer,
        on_text: OnText,
    ) -> Reply:
        first_error: ProviderError | None = None
        for choice in order:
            try:
                reply = self._ask_one(drop, note, choice.settings, hint, payer, on_text)
            except _DOWN as error:
                first_error = first_error or error
                drop = self._store.ledger.get(drop.id)
            else:
                return _add_remark(reply, _tell_of_fallback(first_error, reply))
        assert first_error is not None  # noqa: S101  (an order is never empty)
        raise first_error

    # How one is asked

    def _ask_one(
        self,
        drop: Drop,
        note: Note,
        provider: ProviderSettings,
        hint: str,
        payer: Payer,
        on_text: OnText,
    ) -> Reply:
        if drop.wants_model and provider.name is ProviderName.OFFLINE:
            raise NotConfigured(
                "This note is to be answered by a model, and none is connected.",
                "Set a key or name a server, as docs/providers.md tells; the note is then "
                "answered by itself.",
                provider=provider.name,
            )
        hint = " ".join(part for part in (hint, _ask_for_name(drop, note, provider)) if part)
        try:
            return self._ask_fitting(drop, note, provider, hint, payer, on_text, Purpose.ANSWER)
        except AnswerUnusable as error:
            drop = self._store.ledger.get(drop.id)
            if not error.may_be_repaired or drop.repairs:
                raise
        drop = self._store.ledger.begin_repair(drop)
        hint = f"{hint} {_REPAIR_HINT}".strip()
        return self._ask_fitting(drop, note, provider, hint, payer, on_text, Purpose.REPAIR)

    def _ask_fitting(
        self,
        drop: Drop,
        note: Note,
        provider: ProviderSettings,
        hint: str,
        payer: Payer,
        on_text: OnText,
        purpose: Purpose,
    ) -> Reply:
        """With all that should be told; while that is too large, with less."""
        too_large: RequestTooLarge | None = None
        fitter = Fitter(self._store, self._open_note, self._read_settings())
        for fitted in fitter.fit(drop, note, provider, hint):
            try:
                reply = self._caller.call(drop, provider, fitted.request, on_text, purpose, payer)
            except RequestTooLarge as error:
                too_large = error
                drop = self._store.ledger.get(drop.id)
            else:
                return _add_remark(reply, fitted.remark)
        assert too_large is not None  # noqa: S101  (at least one request was made)
        raise too_large

    def _relate(self, drop: Drop, reply: Reply, user: str) -> Reply:
        if reply.provider != ProviderName.OFFLINE or not reply.transcript:
            return reply
        hits = self._store.search.find(
            pick_telling_words(reply.transcript), user, MOST_HITS, drop.conversation_id or ""
        )
        return add_related(reply, hits)


def _read_thread(inbox: Path, thread: str) -> ProviderName | None:
    try:
        return read_thread_provider(inbox, thread)
    except ConfigError as error:
        # Said on a page, as whoever wrote the file has only the tablet before them.
        raise ThreadMisconfigured(
            error.what_happened, error.next_step, provider=f"{thread}/{THREAD_FILE}"
        ) from error


def _read_named(note: Note) -> _Named:
    """By a typed line. On a page that inkchat drew, the typed text is not the person's."""
    if note.marks is not None or not note.text:
        return _Named(note)
    named = conversations.find_provider_line(note.text)
    if named is not None:
        return _Named(conversations.remove_provider_line(note), named)
    unknown = conversations.find_unknown_provider(note.text)
    return _Named(note, remark=_tell_of_unknown(unknown) if unknown else "")


def _find_wanted(drop: Drop, named: _Named, reply: Reply) -> ProviderName | None:
    """Whom the handwriting asks for, now that it was read, if that is somebody else."""
    has_pictures = any(page.picture for page in named.note.pages)
    if named.provider is not None or drop.asked_provider or not has_pictures:
        return None
    wanted = conversations.find_provider_line(reply.transcript)
    return wanted if wanted is not None and wanted != reply.provider else None


def _write_hint(drop: Drop, named: _Named) -> str:
    if drop.asked_provider and named.provider is None:
        return "A line of it that begins with “provider:” has been obeyed: pass over it."
    return ""


def _ask_for_name(drop: Drop, note: Note, provider: ProviderSettings) -> str:
    """Handwriting is read by the first model that is asked, which may not be the one wanted."""
    if drop.asked_provider or provider.name is ProviderName.OFFLINE:
        return ""
    if not any(page.picture for page in note.pages):
        return ""
    return (
        "If one whole handwritten line of it is “provider:” and the name of a service other than "
        f"{provider.name}, transcribe the note, and write only that line as your answer: the "
        "other service will answer it. Otherwise pass over such a line."
    )


def _tell_of_fallback(error: ProviderError | None, reply: Reply) -> str:
    if error is None:
        return ""
    return f"{error.what_happened} So {reply.provider} answered in the place of {error.provider}."


def _tell_of_unknown(name: str) -> str:
    known = ", ".join(ProviderName)
    return f"The note asks for “{name}”, which is no provider that inkchat knows ({known})."


def _add_remark(reply: Reply, remark: str) -> Reply:
    return replace(reply, remarks=(*reply.remarks, remark)) if remark else reply
