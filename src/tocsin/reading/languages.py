"""In which language a post is read, and how much of it can be."""

from __future__ import annotations

from dataclasses import dataclass

from tocsin.model.post import ChannelProfile, Enriched
from tocsin.model.reading import ReadStatus
from tocsin.reading.plain import Plain, plain
from tocsin.reading.tokens import MAX_CHARS

RUSSIAN, ENGLISH = "ru", "en"
_TOGETHER = (RUSSIAN, ENGLISH)
"""Read by each other's packs too: posts mix them, and no word of one is a word of the other."""

_SCRIPT_SHARE = 0.7

_UKRAINIAN = str.maketrans("іїєґІЇЄҐ", "ииегИИЕГ", "'’ʼ")


def as_encoded(text: str, lang: str) -> tuple[str, str]:
    """A text and the language in which the encoder is shown it.

    The encoder does not know Ukrainian, but reads it in Russian letters not much worse than the
    optional second model does, and this way a reading does not depend on what is installed.
    """
    return (text.translate(_UKRAINIAN), RUSSIAN) if lang == "uk" else (text, lang)


@dataclass(frozen=True, slots=True)
class Readable:
    """What the reader reads of a post.

    Args:
        lang: the language it is read in.
        plain: its text without disguise.
    """

    lang: str
    plain: Plain
    status: ReadStatus


def read_together(lang: str, languages: tuple[str, ...]) -> tuple[str, ...]:
    """Languages whose packs a post in ``lang`` is read by."""
    return tuple(one for one in _TOGETHER if one in languages) if lang in _TOGETHER else (lang,)


def readable(
    enriched: Enriched, profile: ChannelProfile | None, languages: tuple[str, ...]
) -> Readable | None:
    """None: no text, or a language without a pack. Such a post is unread, never harmless."""
    text = enriched.text[:MAX_CHARS]
    if not any(char.isalnum() for char in text):
        return None
    sure = enriched.sure_of_language and enriched.lang in languages
    form = plain(text, maybe_russian=not sure and RUSSIAN in languages)
    lang = RUSSIAN if form.russian else _language(enriched, profile, languages)
    if lang is None:
        return None
    whole = len(enriched.text) <= MAX_CHARS and lang == enriched.lang
    return Readable(lang, form, ReadStatus.FULL if whole else ReadStatus.PARTIAL)


def _language(
    enriched: Enriched, profile: ChannelProfile | None, languages: tuple[str, ...]
) -> str | None:
    """What was told; for a text that is too short to tell, the channel's, else by its script."""
    if enriched.lang in languages:
        return enriched.lang
    if enriched.sure_of_language:
        return None
    if profile is not None and profile.languages:
        return profile.languages[0] if profile.languages[0] in languages else None
    letters = [char for char in enriched.text if char.isalpha()]
    cyrillic = sum("а" <= char.lower() <= "я" or char in "ёЁ" for char in letters)
    if letters and cyrillic > _SCRIPT_SHARE * len(letters):
        return RUSSIAN if RUSSIAN in languages else None
    latin = sum(map(str.isascii, letters)) > _SCRIPT_SHARE * len(letters)
    return ENGLISH if latin and ENGLISH in languages else None
