"""Words as SQLite's full text is asked for them.

It knows three letters or more. A word of one or two is asked for as all that
begins with it, so in any script; only as the very end of a post it is not found that way.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, text

from tocsin.store.search import SHORTEST

MOST_BEGINNINGS: Final = 400
"""Three letters that begin with a word of one or two; with more of them it is frequent anyway."""
_TERMS: Final = "CREATE VIRTUAL TABLE temp.post_terms USING fts5vocab(main, post_search, instance)"
# Each step jumps over what is left of a term: all have three letters.
_BEGINNINGS: Final = """
WITH RECURSIVE found(term) AS (
  SELECT (SELECT term FROM temp.post_terms WHERE term >= :low AND term < :high
          ORDER BY term LIMIT 1)
  UNION ALL
  SELECT (SELECT term FROM temp.post_terms WHERE term >= found.term || char(1) AND term < :high
          ORDER BY term LIMIT 1)
  FROM found WHERE found.term IS NOT NULL LIMIT :most
)
SELECT term FROM found WHERE term IS NOT NULL
"""


def full_text_of(connection: Connection, words: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """What SQLite's full text is asked for, and the words that it cannot be asked for: one that too
    much begins with is in many posts anyway.
    """
    asked: list[str] = []
    rest: list[str] = []
    short = [word for word in words if len(word) < SHORTEST]
    asked += [_quoted(word) for word in words if len(word) >= SHORTEST]
    if short:
        connection.exec_driver_sql(_TERMS)
    for word in short:
        begun = _beginnings(connection, word)
        if len(begun) > MOST_BEGINNINGS:
            rest.append(word)
        else:
            asked.append("(" + " OR ".join(map(_quoted, begun or [word])) + ")")
    if short:
        connection.exec_driver_sql("DROP TABLE temp.post_terms")
    return " AND ".join(asked), tuple(rest)


def _beginnings(connection: Connection, word: str) -> list[str]:
    query = text(_BEGINNINGS).bindparams(
        low=word, high=word + "\U0010ffff", most=MOST_BEGINNINGS + 2
    )
    return list(connection.execute(query).scalars())


def _quoted(word: str) -> str:
    return '"' + word.replace('"', '""') + '"'
