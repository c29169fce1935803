"""Who is asked, and who after them: by the note, its conversation, thread, watch or config.yaml.

One that any of these but the last names stands alone: who writes “provider: ollama” on a
private page would not want another company to read it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from inkchat import models
from inkchat.config import THREAD_FILE, ProviderName, Settings, read_thread_provider
from inkchat.domain import Drop, Watch
from inkchat.errors import ConfigError, ThreadMisconfigured
from inkchat.inbox.names import restore_name

Choose = Callable[[Settings, ProviderName | None], models.Choice]


@dataclass(frozen=True, slots=True)
class Voice:
    """Who answers in a conversation, in the place of what is configured; empty means: that."""

    provider: str = ""
    """Display name."""
    model: str = ""
    system_prompt: str = ""


def choose_in_order(
    drop: Drop, settings: Settings, choose: Choose, voice: Voice
) -> Iterator[models.Choice]:
    """Each is chosen when its turn comes: a server of the fallback may be slow to say anything.

    Raises ThreadMisconfigured, and ConfigError if the drop's watch is configured no more.
    """
    wanted = _find_wanted(drop, settings, voice)
    first = choose(settings, wanted)
    # The model is one of the provider that the conversation has: another would not know it.
    is_its_own = voice.provider in ("", first.settings.name) and not drop.asked_provider
    yield _speak(first, voice, voice.model if is_its_own else "")
    if wanted is None:
        for name in settings.fallback:
            if name is not first.settings.name:
                yield _speak(choose(settings, name), voice, "")


def _speak(choice: models.Choice, voice: Voice, model: str) -> models.Choice:
    settings = choice.settings
    return replace(
        choice,
        settings=replace(
            settings,
            model=model or settings.model,
            system_prompt=voice.system_prompt or settings.system_prompt,
        ),
    )


def _find_wanted(drop: Drop, settings: Settings, voice: Voice) -> ProviderName | None:
    if drop.asked_provider:
        return ProviderName(drop.asked_provider)
    if voice.provider in list(ProviderName):
        return ProviderName(voice.provider)
    watch = settings.watch(drop.watch)
    if watch is None:
        raise ConfigError(
            f"The watch “{drop.watch}” of a note is configured no more.",
            "Put it back into config.yaml, and the note goes on.",
        )
    of_thread = _read_thread(watch, drop.thread) if drop.thread else None
    return of_thread or (ProviderName(watch.provider) if watch.provider else None)


def _read_thread(watch: Watch, shown_thread: str) -> ProviderName | None:
    thread = restore_name(shown_thread)
    file = f"{shown_thread}/{THREAD_FILE}"
    if not (watch.inbox / thread).is_dir():
        # Not mounted, perhaps: whom its file names cannot be known, and must not be guessed.
        raise ThreadMisconfigured(
            f"The folder “{shown_thread}” is not in the inbox, so it is not known who may answer "
            "what was saved in it.",
            "Connect the inbox, or put the folder back; an empty one will do.",
            provider=file,
        )
    try:
        return read_thread_provider(watch.inbox, thread)
    except ConfigError as error:
        # Said on a page, as whoever wrote the file has only the tablet before them.
        raise ThreadMisconfigured(error.what_happened, error.next_step, provider=file) from error
