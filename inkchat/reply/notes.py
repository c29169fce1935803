"""What a page cannot have behind its words: addresses and footnotes, numbered as they come."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Address:
    """Where a link or a picture leads."""

    address: str
    title: str


@dataclass(frozen=True, slots=True)
class Footnote:
    """A footnote by its label; its text is found where the answer defines it."""

    label: str


Note = Address | Footnote


@dataclass(slots=True)
class NoteRegister:
    """Gives each different note its number, from 1, in the order of first mention."""

    _numbers: dict[Note, int] = field(default_factory=dict)

    def number(self, note: Note) -> int:
        return self._numbers.setdefault(note, len(self._numbers) + 1)

    @property
    def notes(self) -> tuple[Note, ...]:
        return tuple(self._numbers)

    def has_address(self, address: str) -> bool:
        return any(isinstance(note, Address) and note.address == address for note in self._numbers)
