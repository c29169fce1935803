"""Everything that can go wrong, with the words for it.

    InkchatError
    ├── ConfigError            config.yaml cannot be used
    ├── StoreError             the database cannot be used
    │   └── AlreadyRunning     another inkchat serves the same database
    ├── NoteError              this file will never become a note
    │   ├── EmptyFile
    │   ├── EncryptedFile
    │   ├── DamagedFile
    │   ├── UnsupportedFile
    │   ├── OversizedFile      pages, bytes or pixels over a limit
    │   └── CostlyFile         opening it took too much time or memory
    ├── ProviderError
    │   ├── NotConfigured      no key, no address, no model
    │   ├── PriceUnknown       a budget in money, and no price to keep it by
    │   ├── ThreadMisconfigured  the inkchat.yaml of a thread cannot be used
    │   ├── WrongKey
    │   ├── UnknownModel
    │   ├── QuotaExhausted
    │   ├── RateLimited
    │   │   └── Overloaded     the server says that it cannot at the moment
    │   ├── Unreachable        no connection: nothing was asked
    │   ├── AnswerLost         asked, but the answer broke off or did not come
    │   ├── RequestTooLarge
    │   ├── RequestRejected
    │   ├── AnswerRefused
    │   ├── InDoubt            cut off during a call, more than once
    │   ├── BudgetReserved     what is left of a budget may be taken by calls on their way
    │   ├── BudgetReached      a budget of the configuration's is used up
    │   └── AnswerUnusable     empty or not in any form we can read
    ├── DeliveryError          the outbox does not take the page
    ├── MachineBusy            no process or memory left to open a note with
    ├── DigestTooLong          more than can be drawn as one PDF
    └── Defect                 a fault in inkchat itself
        └── Undrawable         … that met an answer on its way to the page

An error says what happened and what to do next, each as whole sentences for a person, and
whether trying again can help. Nothing here knows how it will be shown.
"""

import math
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import ClassVar


class Retry(StrEnum):
    """Whether trying the same again can help."""

    NEVER = "never"
    LATER = "later"
    """By itself, after a while: `retry_after_seconds` or a growing pause."""
    WHEN_MENDED = "when mended"
    """Only after a person has changed something; trying costs nothing meanwhile."""


class ExitCode(IntEnum):
    """What the program returns to the shell."""

    DONE = 0
    FAILED = 1
    """At least one note ended with an ERROR page, or is still waiting."""
    USAGE = 2
    """The command line or config.yaml cannot be used."""
    STORE = 3
    """The database cannot be used, or another inkchat is using it."""
    DEFECT = 4
    """A fault in inkchat itself."""
    INTERRUPTED = 130


class InkchatError(Exception):
    """Base of all expected failures; `str()` gives both sentences.

    `what_happened` and `next_step` are shown to the person as they are.
    """

    title: ClassVar[str] = "Something went wrong"
    retry: ClassVar[Retry] = Retry.NEVER
    patience_hours: ClassVar[float] = 24.0
    """How long `Retry.LATER` is tried."""
    most_tries: ClassVar[int | None] = None
    """How often `Retry.LATER` is tried, where each try may cost money."""
    exit_code: ClassVar[ExitCode] = ExitCode.FAILED

    def __init__(self, what_happened: str, next_step: str) -> None:
        super().__init__(what_happened, next_step)
        self.what_happened = what_happened
        self.next_step = next_step

    def __str__(self) -> str:
        return f"{self.what_happened} {self.next_step}"

    @property
    def code(self) -> str:
        """A short, stable name for the ledger and for scripts, such as `wrong-key`."""
        name = type(self).__name__
        return "".join(f"-{c.lower()}" if c.isupper() else c for c in name).lstrip("-")


class ConfigError(InkchatError):
    title = "The configuration cannot be used"
    retry = Retry.WHEN_MENDED
    exit_code = ExitCode.USAGE


class StoreError(InkchatError):
    title = "The database cannot be used"
    retry = Retry.WHEN_MENDED
    exit_code = ExitCode.STORE


class AlreadyRunning(StoreError):
    title = "inkchat is already running"


class NoteError(InkchatError):
    title = "This note could not be opened"


class EmptyFile(NoteError):
    title = "This note is empty"


class EncryptedFile(NoteError):
    title = "This note is locked with a password"


class DamagedFile(NoteError):
    title = "This note is damaged"


class UnsupportedFile(NoteError):
    title = "This kind of file cannot be read"


class OversizedFile(NoteError):
    title = "This note is too large"


class CostlyFile(NoteError):
    title = "This note took too much to open"


class ProviderError(InkchatError):
    """Something between us and the model; `provider` is its display name."""

    title = "The model did not answer"
    input_tokens: int = 0
    """What the call took all the same, as the vendor counted it; 0 where it told nothing."""
    output_tokens: int = 0
    cached_tokens: int = 0
    """A part of the input tokens, read from the vendor's cache."""

    def __init__(self, what_happened: str, next_step: str, *, provider: str) -> None:
        super().__init__(what_happened, next_step)
        self.provider = provider


class NotConfigured(ProviderError):
    title = "No model is connected"
    retry = Retry.WHEN_MENDED


class PriceUnknown(ProviderError):
    title = "The model’s price is not known"
    retry = Retry.WHEN_MENDED


class ThreadMisconfigured(ProviderError):
    title = "This folder’s settings cannot be used"
    retry = Retry.WHEN_MENDED


class WrongKey(ProviderError):
    title = "The model’s key was refused"
    retry = Retry.WHEN_MENDED


class UnknownModel(ProviderError):
    title = "The model is not known"
    retry = Retry.WHEN_MENDED


class QuotaExhausted(ProviderError):
    title = "The model’s account is used up"
    retry = Retry.WHEN_MENDED


class RateLimited(ProviderError):
    title = "The model asks for patience"
    retry = Retry.LATER

    def __init__(
        self,
        what_happened: str,
        next_step: str,
        *,
        provider: str,
        retry_after_seconds: float | None = None,
    ) -> None:
        super().__init__(what_happened, next_step, provider=provider)
        self.retry_after_seconds = retry_after_seconds


class Overloaded(RateLimited):
    title = "The model is out of order"


class Unreachable(ProviderError):
    title = "The model cannot be reached"
    retry = Retry.LATER
    patience_hours = math.inf


class AnswerLost(ProviderError):
    title = "The model’s answer did not arrive"
    retry = Retry.LATER
    most_tries = 3


class RequestTooLarge(ProviderError):
    title = "This note is too large for the model"


class RequestRejected(ProviderError):
    title = "The model did not accept the request"


class AnswerRefused(ProviderError):
    title = "The model declined to answer"


class AnswerUnusable(ProviderError):
    """`may_be_repaired`: the model may do better if it is told what was wrong."""

    title = "The model’s answer could not be used"

    def __init__(
        self, what_happened: str, next_step: str, *, provider: str, may_be_repaired: bool = False
    ) -> None:
        super().__init__(what_happened, next_step, provider=provider)
        self.may_be_repaired = may_be_repaired


class BudgetReserved(ProviderError):
    title = "The budget waits for other notes"
    retry = Retry.LATER
    patience_hours = math.inf


class BudgetReached(ProviderError):
    """`until` is when the budget's period turns, with time zone."""

    title = "The budget is used up"
    retry = Retry.WHEN_MENDED

    def __init__(
        self, what_happened: str, next_step: str, *, provider: str, until: datetime
    ) -> None:
        super().__init__(what_happened, next_step, provider=provider)
        self.until = until


class InDoubt(ProviderError):
    title = "It is not known whether this note was answered"
    retry = Retry.WHEN_MENDED


class DeliveryError(InkchatError):
    title = "The page could not be delivered"
    retry = Retry.LATER


class MachineBusy(InkchatError):
    title = "This machine is too busy"
    retry = Retry.LATER


class DigestTooLong(InkchatError):
    title = "This conversation is too long for a digest"


class Defect(InkchatError):
    """Something nobody expected; the log has the traceback."""

    title = "inkchat made a mistake"
    exit_code = ExitCode.DEFECT

    def __init__(self, error: BaseException) -> None:
        super().__init__(
            f"There is a fault in inkchat ({type(error).__name__}).",
            "The log has the details; please report them.",
        )


class Undrawable(Defect):
    title = "This answer could not be drawn"

    def __init__(self, conversation_id: str, error: BaseException) -> None:
        super().__init__(error)
        self.next_step = f"`inkchat show {conversation_id}` prints the answer. {self.next_step}"
