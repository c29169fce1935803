"""One note answered.

    order of providers ▶ a request that fits ▶ one call ▶ (repair once) ▶ (hand over) ▶ reply

Handing over is for what only reading can tell: that the note names another provider, or calls for
another conversation. A note that is only a command is not handed over: it is for inkchat itself.
Whoever is down is passed over for the next of `fallback`, and the page says so.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from inkchat import conversations, models
from inkchat.asking.call import Caller, Paused, Payer
from inkchat.asking.fitting import Fitter, OpenNote
from inkchat.asking.listening import HoldingBack
from inkchat.asking.naming import (
    Named,
    find_wanted,
    read_named,
    remark_on_calling,
    remark_on_naming,
    write_hint,
)
from inkchat.asking.order import Choose, Voice, choose_in_order
from inkchat.asking.recalling import find_others, quote_for
from inkchat.asking.related import MOST_HITS, add_related, pick_telling_words
from inkchat.config import ProviderName, ProviderSettings, Settings
from inkchat.domain import Drop, Note, OnText, Reply
from inkchat.errors import (
    AnswerUnusable,
    BudgetReached,
    BudgetReserved,
    ConfigError,
    NotConfigured,
    Overloaded,
    PriceUnknown,
    ProviderError,
    QuotaExhausted,
    RateLimited,
    RequestRejected,
    RequestTooLarge,
    UnknownModel,
    Unreachable,
    WrongKey,
)
from inkchat.store import Hit, Home, Purpose, Store

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

_CANNOT_STAND_IN = (BudgetReached, BudgetReserved, PriceUnknown, RequestRejected, RequestTooLarge)
"""Why a fallback passes a note over that the first provider may answer when it is up again."""

_REPAIR_HINT = (
    "Your last output for this note could not be used. Write exactly one JSON object with the "
    "four keys, and put your answer into “answer”."
)


@dataclass(frozen=True, slots=True)
class Asking:
    """On whose behalf a note is asked about."""

    user: str
    author: str = ""
    """Who wrote it, where it is somebody else than the user."""
    participants: tuple[str, ...] = ()
    """Who may have signed it."""
    recall: bool = False
    """Whether the model is told of the user's other conversations."""
    find_called: Callable[[str], str | None] = lambda given: None
    """The user's conversation that a line `continue: …` calls for."""
    say_unknown: Callable[[str], str] = conversations.say_unknown_code
    """What is said where it calls for none."""
    home: Home | None = None
    """The thread that the note came in, which may be none."""


@dataclass(frozen=True, slots=True)
class _Question:
    """What is asked, whoever is asked."""

    note: Note
    payer: Payer
    on_text: OnText
    author: str
    recalled: tuple[Hit, ...]
    """What fits of other conversations."""


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

    def ask(self, drop: Drop, note: Note, asking: Asking, on_text: OnText) -> Reply:
        """The reply, paid for and not yet recorded. Raises ProviderError and ConfigError."""
        payer = Payer(asking.user, self._read_settings().budget)
        named = read_named(note)
        if named.provider is not None and drop.asked_provider != named.provider:
            drop = self._store.ledger.name_provider(drop, named.provider)
        recalled = find_others(self._store, drop, named.note, asking.user) if asking.recall else ()
        held_back = HoldingBack(on_text)
        question = _Question(named.note, payer, held_back.add, asking.author, recalled)
        reply = self._ask_in_order(drop, question)
        if conversations.read_command(reply.transcript, asking.participants) is None:
            remark = remark_on_naming(named, reply) or remark_on_calling(
                reply, asking.find_called, asking.say_unknown
            )
            handed = self._hand_over(drop, named, reply, asking)
            if handed is not None:
                held_back = HoldingBack(on_text)
                reply = self._ask_in_order(handed, replace(question, on_text=held_back.add))
            held_back.finish()
            reply = _add_remark(self._relate(drop, reply, asking.user), remark)
        return reply

    def _hand_over(self, drop: Drop, named: Named, reply: Reply, asking: Asking) -> Drop | None:
        """What was read says that another is to be asked, or with another memory."""
        provider = find_wanted(drop, named, reply)
        given = conversations.find_continue_line(reply.transcript)
        called = asking.find_called(given) if given else None
        if called == drop.conversation_id or drop.is_placed:
            called = None
        if provider is None and called is None:
            return None
        return self._store.ledger.hand_over(
            drop,
            reply,
            provider_name=provider or "",
            conversation_id=called or "",
            home=asking.home if called else None,
        )

    def would_ask_model(self, drop: Drop) -> bool:
        """Whether the drop, asked about now, would go to a model that can be asked."""
        try:
            first = next(self._choose_in_order(drop))
            models.connect(first.settings)
        except (ProviderError, ConfigError):
            return False
        return first.settings.name is not ProviderName.OFFLINE

    def _choose_in_order(self, drop: Drop) -> Iterator[models.Choice]:
        header = self._store.sessions.get_header(drop.conversation_id or "")
        voice = Voice(header.provider, header.model, header.system_prompt) if header else Voice()
        return choose_in_order(drop, self._read_settings(), self._choose, voice)

    def _ask_in_order(self, drop: Drop, question: _Question) -> Reply:
        first_error: ProviderError | None = None
        for choice in self._choose_in_order(drop):
            try:
                reply = self._ask_one(drop, question, choice.settings)
            except (*_DOWN, *_CANNOT_STAND_IN) as error:
                if first_error is None and not isinstance(error, _DOWN):
                    raise
                first_error = first_error or error
                drop = self._store.ledger.get(drop.id)
            else:
                return _add_remark(reply, _tell_of_fallback(first_error, reply))
        assert first_error is not None  # noqa: S101  (an order is never empty)
        raise first_error

    def _ask_one(self, drop: Drop, question: _Question, provider: ProviderSettings) -> Reply:
        is_offline = provider.name is ProviderName.OFFLINE
        if drop.wants_model and is_offline and drop.asked_provider != ProviderName.OFFLINE:
            raise NotConfigured(
                "This note is to be answered by a model, and none is connected.",
                "Set a key or name a server, as docs/providers.md tells; the note is then "
                "answered by itself.",
                provider=provider.name,
            )
        # Before handwriting is read for a model that will not be asked.
        self._caller.check_pause(provider)
        hint = write_hint(drop, question.note, provider.name)
        if not is_offline:
            hint = f"{hint}\n\n{quote_for(provider.name, question.recalled)}".strip()
        try:
            return self._ask_fitting(drop, question, provider, hint, Purpose.ANSWER)
        except AnswerUnusable as error:
            drop = self._store.ledger.get(drop.id)
            if not error.may_be_repaired or drop.repairs:
                raise
        drop = self._store.ledger.begin_repair(drop)
        hint = f"{hint} {_REPAIR_HINT}".strip()
        return self._ask_fitting(drop, question, provider, hint, Purpose.REPAIR)

    def _ask_fitting(
        self,
        drop: Drop,
        question: _Question,
        provider: ProviderSettings,
        hint: str,
        purpose: Purpose,
    ) -> Reply:
        """With all that should be told; while that is too large, with less."""
        too_large: RequestTooLarge | None = None
        fitter = Fitter(self._store, self._open_note, self._read_settings(), question.author)
        for fitted in fitter.fit(drop, question.note, provider, hint):
            try:
                reply = self._caller.call(
                    drop, provider, fitted.request, question.on_text, purpose, question.payer
                )
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
        words = pick_telling_words(reply.transcript)
        hits = self._store.search.find(words, user, MOST_HITS, drop.conversation_id or "")
        return add_related(reply, hits)


def _tell_of_fallback(error: ProviderError | None, reply: Reply) -> str:
    if error is None:
        return ""
    return f"{error.what_happened} So {reply.provider} answered in the place of {error.provider}."


def _add_remark(reply: Reply, remark: str) -> Reply:
    return replace(reply, remarks=(*reply.remarks, remark)) if remark else reply
