"""How a note's pages are told apart in a request."""

import pytest

from inkchat.domain import Page
from inkchat.models.turns import arrange
from tests.models.given import picture_page, request_of, text_page


@pytest.mark.parametrize(
    ("pages", "expected"),
    [
        ((picture_page(1),), ()),
        ((text_page("Typed.", 1),), ("[Page 1]\nTyped.",)),
        # Pages that were answered before are left out, and the others keep their numbers.
        ((picture_page(3),), ("[Page 3, picture 1]",)),
        (
            (picture_page(2), text_page("Typed.", 3), picture_page(5, "Words.")),
            (
                "[Page 2, picture 1]\n\n[Page 3]\nTyped.\n\n"
                "[Page 5, picture 2]\nTyped text on it:\nWords.",
            ),
        ),
    ],
)
def test_a_model_is_told_which_picture_is_which_page_of_the_file(
    pages: tuple[Page, ...], expected: tuple[str, ...]
) -> None:
    assert (*expected, "Answer this note.") == arrange(request_of(*pages)).texts
