"""What answers without a model: honest words, and the note read on this machine."""

import re
import threading

from inkchat.config import ProviderName
from inkchat.domain import Note, OnText, Reply, Request
from inkchat.models.answer import shorten
from inkchat.models.handwriting import find_missing_packages, read_pictures
from inkchat.models.provider import ModelInfo
from inkchat.sandbox import ChildFailed

_CONNECT = """\
To have notes answered by a model, connect one as below; where `config.yaml` names Offline as \
`active_provider`, change that too. Then `inkchat retry --offline` gives it the notes that only \
Offline has answered, but for those that ask for Offline.

- set `ANTHROPIC_API_KEY`, `OPENAI_API_KEY`, `GEMINI_API_KEY` or `XAI_API_KEY`, \
and start inkchat again;
- or start Ollama, LM Studio or llama-server on this machine;
- or name a server that speaks the OpenAI API, perhaps your own, in `config.yaml`:

```yaml
OpenAI Compatible:
  base_url: http://127.0.0.1:8080/v1
  model: some-model
```"""

_INSTALL = """\
To have handwriting read on this machine without a model, install the reader: \
`pip install 'inkchat[ocr]'` (about 400 MB), and start inkchat again."""


class Offline:
    """Reads typed text as it is and handwriting with the reader on this machine."""

    def __init__(self) -> None:
        self.name = ProviderName.OFFLINE
        self.model = ""
        # The reader takes up to 0.9 GB: one note after the other, however many workers ask.
        self._reader = threading.Lock()

    def reads_pictures(self) -> bool:
        """It reads what it is given; what it cannot read, it says itself."""
        return True

    def list_models(self) -> list[ModelInfo]:
        return []

    def complete(self, request: Request, on_text: OnText) -> Reply:
        """Read the note; raises nothing, since what could not be read is said in the answer."""
        texts, remark = self._read_pages(request.note)
        transcript = "\n\n".join(text for text in texts if text)
        said = f"No AI answered this note. {remark}"
        answer = _CONNECT
        if _needs_reader(request.note) and find_missing_packages():
            answer += f"\n\n{_INSTALL}"
        on_text("\n\n".join(text for text in (said, transcript, answer) if text))
        return Reply(
            title=_make_title(transcript),
            transcript=transcript,
            answer=answer,
            language="en",
            provider=self.name,
            model="",
            remarks=(said,),
        )

    def _read_pages(self, note: Note) -> tuple[list[str], str]:
        """The text of each page, and the sentences that say how it was come by."""
        texts = [page.text.strip() for page in note.pages]
        unread = [
            index
            for index, page in enumerate(note.pages)
            if page.picture is not None and not texts[index]
        ]
        if not unread:
            return texts, "Its text is copied below."
        missing = find_missing_packages()
        if missing:
            return texts, (
                "Its handwriting was not read, because the reader "
                f"for this machine is not installed ({' and '.join(missing)} missing)."
            )
        pictures = tuple(note.pages[index].picture or b"" for index in unread)
        try:
            with self._reader:
                read = read_pictures(pictures)
        except Exception as error:
            # Whatever a picture makes the reader raise: the rest of the note is answered still.
            return texts, (
                "Its handwriting was not read, because the reader "
                f"on this machine failed ({_describe_failure(error)})."
            )
        for index, text in zip(unread, read, strict=True):
            texts[index] = text
        return texts, _describe_reading(read)


def _make_title(transcript: str) -> str:
    """The first sentence, if it is one; a line of handwriting ends anywhere."""
    paragraph = " ".join(transcript.partition("\n\n")[0].replace(" (?)", "").split())
    sentence = re.match(r".+?[.?!](?=\s|$)", paragraph)
    return shorten(sentence[0] if sentence else paragraph) or "Your note"


def _needs_reader(note: Note) -> bool:
    return any(page.picture is not None and not page.text.strip() for page in note.pages)


def _describe_reading(read: tuple[str, ...]) -> str:
    if not any(read):
        return "The reader on this machine found no writing in it."
    unsure = " Words followed by (?) are guesses." if any("(?)" in text for text in read) else ""
    return f"Its handwriting was read by a program on this machine, which makes mistakes.{unsure}"


def _describe_failure(error: Exception) -> str:
    return str(error.reason) if isinstance(error, ChildFailed) else type(error).__name__
