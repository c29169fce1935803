"""How much of a reply is drawn: beyond it the page says what was left out.

No honest answer comes near these; they bound time and memory for the others. `docs/pages.md`
lists them for people.
"""

ANSWER_CHARACTERS = 500_000
"""Of the answer; about 280 pages of a reMarkable 2."""
ANSWER_LINES = 10_000
TRANSCRIPT_CHARACTERS = 20_000
TRANSCRIPT_LINES = 1_000
TITLE_CHARACTERS = 160
SENTENCES_CHARACTERS = 4_000
"""Of one remark, and of each text on an ERROR page."""
REMARKS = 20
ADDRESS_CHARACTERS = 1_000
"""Of the address of a link or picture, in its note."""
LANGUAGE_CHARACTERS = 24
"""Of a code block's language; a longer one is drawn as its first line."""
ENTRY_CHARACTERS = 60
"""Of an entry of the outline."""

SPAN_CHARACTERS = 20_000
"""A longer paragraph is drawn as it stands, without looking for Markdown in it."""
SPAN_EFFORT = 6_000_000
"""Of an answer's paragraphs, headings and cells together, as `markdown` counts it; what comes
after is drawn as it stands. About two seconds; an ordinary answer takes a hundredth of it."""
TABLE_CELLS = 20_000
"""A larger table is drawn as it was written."""
FORMULA_CHARACTERS = 1_000
"""Of one formula; a longer one is drawn as its source."""
FORMULA_LINES = 60
FORMULA_NESTING = 20
"""Levels of brackets in it."""
FORMULA_EFFORT = 10
"""How often each of its letters may be set: twice as often with each row that they lie in."""
FORMULAS = 500
"""Of an answer, each distinct one counted once; what comes after is drawn as its source."""
FORMULAS_CHARACTERS = 10_000
"""Of these together; an ordinary formula takes eight milliseconds."""
FIGURES = 40
"""Charts and diagrams of an answer; what comes after is drawn as code. The largest diagram takes
half a second."""
NOTE_PAGES = 8
"""Pages of the note that an answer shows."""
NOTE_PICTURES = 40
"""How often it shows one, or a part of one; what comes after is named in words."""
NOTE_PICTURES_BYTES = 4 * 2**20
"""Of all that is shown, before it is compressed: twelve whole pages of a 10.3" screen."""
PROSE_CHARACTERS = 6_000
"""A longer paragraph is set in several pieces: so is breaking lines."""
NAMED_SIGNS = 1_000
"""Distinct characters of a document that no font has: each has a frame with its name; those that
come after have the mark of a character that was replaced."""
NESTING = 40
"""Levels of tokens; a list takes two. What lies deeper is drawn as plain text."""
OUTLINE_ENTRIES = 400

DIGEST_EXCHANGES = 1_000
DIGEST_CHARACTERS = 4_000_000
"""Of all that a digest says; about 4,500 pages of a reMarkable 2, 18 seconds and 280 MB. A longer
conversation is refused."""
ATTACHMENTS = 100
"""Names of files on the first page of a digest."""
