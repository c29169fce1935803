"""Handwriting to text on this machine: rapidocr, in a child process, without a network.

The models are files inside the wheel. They are named by path here, since otherwise rapidocr
verifies, and would download, what it believes to be missing.

The classifier of the text's direction stays off: on tablet pages it turned whole lines upside
down (character error 5–18 % with it, 5–8 % without).
"""

import importlib.util
import io
import itertools
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from inkchat.sandbox import ChildLimits, run_in_child

_DETECTOR = "PP-OCRv6_det_small.onnx"
_RECOGNISER = "PP-OCRv6_rec_small.onnx"
_LINE_SCORE_MIN = 0.3
"""rapidocr's 0.5 drops whole lines of hasty writing; a wrong line can be seen, a lost one not."""
_SURE_SCORE_MIN = 0.5
_THREADS = 2
_MEMORY_MB = 4096
"""Address space. Measured: 1.6 GB for a page; onnxruntime reserves more than it touches."""
_SECONDS_TO_LOAD = 60
_SECONDS_PER_PAGE = 60
"""Measured: 1–2 s for a page on two cores; a small board is ten times slower."""


@dataclass(frozen=True, slots=True)
class Word:
    """A piece of writing on one line, between gaps."""

    text: str
    left: float
    right: float
    top: float
    bottom: float
    """Edges of the bounding box in pixels, y downwards."""

    @property
    def height(self) -> float:
        return self.bottom - self.top


def find_missing_packages() -> tuple[str, ...]:
    """Names of the packages without which no handwriting can be read."""
    return tuple(name for name in ("rapidocr", "onnxruntime") if not _is_installed(name))


def read_pictures(pictures: tuple[bytes, ...]) -> tuple[str, ...]:
    """The text of each picture, uncertain words followed by (?), in a process of its own.

    Raises ChildFailed where the reader took too much time or memory or ended itself, and
    built-in exceptions, such as ImportError, where it could not work.
    """
    seconds = _SECONDS_TO_LOAD + _SECONDS_PER_PAGE * len(pictures)
    limits = ChildLimits(
        memory_mb=_MEMORY_MB, processor_seconds=seconds * _THREADS, wall_seconds=float(seconds)
    )
    return run_in_child(read_pictures_here, pictures, limits=limits)


def read_pictures_here(pictures: tuple[bytes, ...]) -> tuple[str, ...]:
    """As `read_pictures`, in this process; needs half a second and 300 MB before the first."""
    engine = _load_engine()
    return tuple(arrange_words(_recognise(engine, picture)) for picture in pictures)


def arrange_words(words: list[Word]) -> str:
    """Lines from the top, words from the left, paragraphs parted by an empty line."""
    lines = _group_into_lines(words)
    if not lines:
        return ""
    gaps = [
        min(word.top for word in below) - max(word.bottom for word in above)
        for above, below in itertools.pairwise(lines)
    ]
    threshold = _paragraph_gap(gaps, [word.height for line in lines for word in line])
    text = _join_line(lines[0])
    for gap, line in zip(gaps, lines[1:], strict=True):
        text += ("\n\n" if gap > threshold else "\n") + _join_line(line)
    return text


def mark_unsure(text: str, pieces: list[tuple[str, float]]) -> str:
    """`text` with (?) behind each word of which a piece has a low score."""
    marked, position = "", 0
    for token in text.split():
        start = text.find(token, position)
        end, score = start + len(token), 1.0
        while pieces and (found := text.find(pieces[0][0], position, end)) >= 0:
            position = found + len(pieces[0][0])
            score = min(score, pieces[0][1])
            pieces = pieces[1:]
        position = end
        marked += f"{' ' if marked else ''}{token}{' (?)' if score < _SURE_SCORE_MIN else ''}"
    return marked


def _is_installed(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False


def _load_engine() -> Any:
    import rapidocr

    models = Path(rapidocr.__file__).parent / "models"
    return rapidocr.RapidOCR(
        params={
            "Global.log_level": "critical",
            "Global.use_cls": False,
            "Global.text_score": _LINE_SCORE_MIN,
            "Det.model_path": str(models / _DETECTOR),
            "Rec.model_path": str(models / _RECOGNISER),
            "EngineConfig.onnxruntime.intra_op_num_threads": _THREADS,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )


def _recognise(engine: Any, picture: bytes) -> list[Word]:
    from PIL import Image

    # Not the file itself: rapidocr takes the numbers of a palette's colours for greys.
    with Image.open(io.BytesIO(picture)) as image:
        grey = image.convert("L")
    found = engine(grey, use_cls=False, return_word_box=True)
    if found.txts is None:
        return []
    words = []
    for box, text, pieces in zip(found.boxes, found.txts, found.word_results, strict=True):
        across = [float(x) for x, _ in box]
        down = [float(y) for _, y in box]
        scored = [(str(piece[0]), float(piece[1])) for piece in pieces]
        marked = mark_unsure(str(text), scored)
        if marked:
            words.append(Word(marked, min(across), max(across), min(down), max(down)))
    return words


def _group_into_lines(words: list[Word]) -> list[list[Word]]:
    lines: list[list[Word]] = []
    for word in sorted(words, key=lambda word: (word.top + word.bottom, word.left)):
        for line in reversed(lines):
            if all(_stand_side_by_side(word, other) for other in line):
                line.append(word)
                break
        else:
            lines.append([word])
    return lines


def _stand_side_by_side(one: Word, other: Word) -> bool:
    shared_height = min(one.bottom, other.bottom) - max(one.top, other.top)
    shared_width = min(one.right, other.right) - max(one.left, other.left)
    narrower = min(one.right - one.left, other.right - other.left)
    is_level = shared_height > 0.5 * min(one.height, other.height)
    return is_level and shared_width < 0.2 * narrower


def _paragraph_gap(gaps: list[float], heights: list[float]) -> float:
    """The gap in pixels from which on a new paragraph begins.

    More than half a line, and clearly more than this writer leaves between lines anyway.
    """
    if not gaps:
        return 0.0
    height = median(heights)
    usual = sorted(gaps)[len(gaps) // 4]
    return max(0.55 * height, usual + 0.4 * height)


def _join_line(line: list[Word]) -> str:
    return " ".join(word.text for word in sorted(line, key=lambda word: word.left))
