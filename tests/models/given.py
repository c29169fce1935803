"""What the tests of the models ask: notes, requests and settings."""

import io
from dataclasses import replace

from PIL import Image

from inkchat.config import ProviderName, ProviderSettings
from inkchat.domain import CacheLife, Note, NoteKind, Page, Request, Role, Turn
from inkchat.models import Provider, connect
from tests.vendors import VendorServer

NETWORKED = tuple(name for name in ProviderName if name is not ProviderName.OFFLINE)
RESPONSES = (ProviderName.OPENAI, ProviderName.GROK)
CHAT = (ProviderName.GEMINI, ProviderName.COMPATIBLE)
KEY = "sk-test-0123456789abcdefghijklmnop"


def draw_picture(width_px: int = 240, height_px: int = 320) -> bytes:
    buffer = io.BytesIO()
    Image.new("L", (width_px, height_px), 255).save(buffer, "PNG")
    return buffer.getvalue()


PICTURE = draw_picture()


def picture_page(number: int = 1, text: str = "", picture: bytes = PICTURE) -> Page:
    return Page(number, text, picture, 240, 320, f"fingerprint-{number}")


def text_page(text: str, number: int = 1) -> Page:
    return Page(number, text, None, 0, 0, f"fingerprint-{number}")


def note_of(*pages: Page) -> Note:
    kind = NoteKind.PDF if any(page.picture for page in pages) else NoteKind.TEXT
    return Note(kind, pages)


def request_of(
    *pages: Page,
    history: tuple[Turn, ...] = (),
    system: str = "You are kind.",
    instruction: str = "Answer this note.",
    cache: CacheLife = CacheLife.OFF,
) -> Request:
    note = note_of(*(pages or (picture_page(),)))
    return Request(system, history, note, instruction, cache, "key-of-a-conversation")


HISTORY = (
    Turn(Role.USER, "What is a fjord?"),
    Turn(Role.ASSISTANT, "A drowned valley."),
)


def settings_for(name: ProviderName, server: VendorServer | None = None) -> ProviderSettings:
    return ProviderSettings(
        name,
        api_key=KEY,
        key_source="the variable SOME_KEY",
        base_url=server.url if server else None,
        model="some-model",
        timeout_seconds=10.0,
    )


def connect_to(
    server: VendorServer,
    name: ProviderName,
    *,
    temperature: float | None = None,
    timeout_seconds: float = 10.0,
    stall_seconds: float = 120.0,
) -> Provider:
    return connect(
        replace(
            settings_for(name, server),
            temperature=temperature,
            timeout_seconds=timeout_seconds,
            stall_seconds=stall_seconds,
        )
    )


def ignore_text(_text: str) -> None:
    """For tests that look at the reply alone."""
