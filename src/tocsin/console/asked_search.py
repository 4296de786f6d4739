"""What is asked of a search, in an address: the same for the page and the API."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Final

from pydantic import BaseModel, Field

from tocsin.console.moments import maybe_moment
from tocsin.engines.search_words import words_of
from tocsin.errors import UsageError
from tocsin.store.finding import Asked

MOST_WORDS: Final = 12
_DAY: Final = 10
"""Letters of a date without an hour."""
Part = Annotated[str, Field(max_length=200)]


class SearchForm(BaseModel):
    """Words and filters; all that is given must fit."""

    q: str = Field("", max_length=400, description="Words, in any script; all must be there.")
    channel: Part = ""
    lang: Annotated[str, Field(max_length=20, description="As it was read: ISO 639-1.")] = ""
    act: Annotated[str, Field(max_length=40, description="That a machine read in it.")] = ""
    target: Part = ""
    since: Annotated[
        str, Field(max_length=40, description="Known here at or after: a date or ISO 8601.")
    ] = ""
    until: Annotated[
        str, Field(max_length=40, description="Known here before; a date means its end.")
    ] = ""
    cursor: Annotated[
        str, Field(pattern=r"^\d{0,18}$", description="`next` of the answer before.")
    ] = ""

    def asked(self) -> Asked:
        """The same for the store.

        Raises:
            UsageError: too many words, or what is no time.
        """
        words = words_of(self.q)
        if len(words) > MOST_WORDS:
            raise UsageError(f"q: at most {MOST_WORDS} words")
        return Asked(
            words,
            self.channel or None,
            self.lang or None,
            self.act or None,
            self.target or None,
            maybe_moment(self.since, "since"),
            _until(self.until),
            int(self.cursor) if self.cursor else None,
        )

    def narrowed(self) -> bool:
        """Whether anything was asked at all."""
        return any((self.q, self.channel, self.lang, self.act, self.target, self.since, self.until))


def _until(said: str) -> datetime | None:
    """The end of what is asked for: of a date its day's."""
    found = maybe_moment(said, "until")
    is_date = len(said.strip()) <= _DAY
    return found + timedelta(days=1) if found is not None and is_date else found
