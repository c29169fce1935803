"""After an answer: what no longer fits into the memory is folded into a summary.

It never keeps an answer waiting, and never fails: where no model sums up, an extract stands.
"""

import logging
from collections.abc import Callable

from inkchat import conversations
from inkchat.asking.call import Payer, make_side_call, plan_call
from inkchat.asking.order import Choose
from inkchat.config import ProviderName, ProviderSettings, Settings
from inkchat.domain import Drop
from inkchat.errors import ProviderError
from inkchat.store import Purpose, Recollection, Store

log = logging.getLogger(__name__)


class Rememberer:
    """Keeps the memory of conversations within its budget; safe to use from several threads."""

    def __init__(self, store: Store, read_settings: Callable[[], Settings], choose: Choose) -> None:
        self._store = store
        self._read_settings = read_settings
        self._choose = choose

    def remember(self, drop: Drop, user: str) -> None:
        """Fold the oldest exchanges of the drop's conversation, if they are too many by now.

        Raises StoreError.
        """
        settings = self._read_settings()
        recollection = self._store.recollections.read(
            drop.conversation_id or "",
            besides_drop_id=None,
            most_tokens=settings.memory_tokens + conversations.MOST_FOLDED_TOKENS,
        )
        plan = conversations.plan_summary(
            recollection, settings.memory_tokens, settings.max_messages
        )
        if plan is None:
            return
        summary = self._sum_up(plan, drop, Payer(user, settings.budget), recollection, settings)
        self._store.recollections.keep_summary(drop.conversation_id or "", summary, plan.covers)
        log.info("The memory of %s was summed up.", drop.conversation_id)

    def _sum_up(
        self,
        plan: conversations.SummaryPlan,
        drop: Drop,
        payer: Payer,
        recollection: Recollection,
        settings: Settings,
    ) -> str:
        """By the provider of the last answer; by extracts if that is Offline or does not work."""
        name = recollection.recent[-1].provider
        if name not in list(ProviderName) or name == ProviderName.OFFLINE:
            return conversations.extract_summary(plan)
        try:
            provider = self._choose_again(settings, ProviderName(name))
            request = conversations.build_summary_request(plan, provider.system_prompt)
            planned = plan_call(
                self._store,
                provider,
                request,
                Purpose.SUMMARY,
                payer,
                None,
                drop.watch,
                drop.conversation_id,
            )
            reply = make_side_call(self._store, provider, request, planned, payer)
        except ProviderError as error:
            log.info("The memory of %s is kept as extracts: %s", drop.conversation_id, error)
            return conversations.extract_summary(plan)
        return conversations.read_summary(reply.answer) or conversations.extract_summary(plan)

    def _choose_again(self, settings: Settings, name: ProviderName) -> ProviderSettings:
        """Who answered; a server that `auto` found has its address from there alone."""
        active = self._choose(settings, None).settings
        return active if active.name is name else self._choose(settings, name).settings
