"""Words in a picture, read by machine (optional: ``rapidocr``, which carries its models).

Its models read Latin and Chinese letters; of other scripts they leave blanks or nonsense, mostly
with less confidence. A picture is somebody else's bytes: bounded size, and whatever goes wrong
means that nothing was read, never an error.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tocsin.errors import MissingExtra
from tocsin.sources.pictures import MAX_BYTES


@dataclass(frozen=True, slots=True)
class Words:
    """What a machine read.

    Args:
        confidence: mean over the lines, weighted by their length, 0 to 1.
    """

    text: str
    confidence: float


def ocr() -> Callable[[Path], Words | None]:
    """The reader of pictures; loading it takes seconds.

    Raises:
        MissingExtra: the package is not installed.
    """
    try:
        from rapidocr import RapidOCR
    except ImportError:
        raise MissingExtra("ocr", "reading pictures by machine") from None
    engine = RapidOCR(params={"Global.log_level": "critical"})

    def read(path: Path) -> Words | None:
        try:
            if not 0 < path.stat().st_size <= MAX_BYTES:
                return None
            found = engine(path.read_bytes())
        except Exception:  # decoders fail in more ways than they list
            return None
        return words_of(found)

    return read


def words_of(found: Any) -> Words | None:
    """Lines and scores of a result as text; None where it holds no words."""
    lines = [str(line) for line in (found.txts or ())]
    scores = [float(score) for score in (found.scores or ())]
    pairs = [(line, score) for line, score in zip(lines, scores, strict=False) if line.strip()]
    if not pairs:
        return None
    length = sum(len(line) for line, _ in pairs)
    sure = sum(len(line) * score for line, score in pairs) / length
    return Words("\n".join(line for line, _ in pairs), min(1.0, max(0.0, sure)))
