"""How many tokens a request will be, before it is sent; too many rather than too few.

Text by its bytes, pictures by each vendor's own formula. Vendors count for themselves in the end.
"""

import json
import math

from inkchat.config import ProviderName, ProviderSettings
from inkchat.domain import Page, Request
from inkchat.models.prompt import SCHEMA, extend_system
from inkchat.tokens import estimate_tokens

_MARGIN = 1.15
_TOKENS_PER_MESSAGE = 4
"""For the marks between two of them."""
_CLAUDE_PATCH_PX = 28
_OPENAI_PATCH_PX = 32
_OPENAI_FACTOR = 1.2
_OPENAI_PICTURE_MAX = 2940
_GEMINI_PICTURE = 1120


def estimate_request(request: Request, settings: ProviderSettings) -> int:
    """Input tokens of the whole request as it will leave, pictures and form included."""
    pictures = sum(
        estimate_picture(page, settings.name) for page in request.note.pages if page.picture
    )
    return math.ceil((estimate_texts(request) + pictures) * _MARGIN)


def estimate_texts(request: Request) -> int:
    """Tokens of all that is not a picture, without a margin."""
    texts = (
        extend_system(request.system),
        json.dumps(SCHEMA),
        *(turn.text for turn in request.history),
        *(page.text for page in request.note.pages),
        request.instruction,
    )
    return sum(estimate_tokens(text) + _TOKENS_PER_MESSAGE for text in texts)


def estimate_picture(page: Page, name: ProviderName) -> int:
    """Tokens of a page's picture; a server whose formula nobody knows is taken for Claude."""
    if name is ProviderName.GEMINI:
        return _GEMINI_PICTURE
    if name is ProviderName.OPENAI:
        tokens = math.ceil(_count_patches(page, _OPENAI_PATCH_PX) * _OPENAI_FACTOR)
        return min(tokens, _OPENAI_PICTURE_MAX)
    return _count_patches(page, _CLAUDE_PATCH_PX)


def _count_patches(page: Page, side_px: int) -> int:
    return math.ceil(page.width_px / side_px) * math.ceil(page.height_px / side_px)
