"""Who may do what: four roles, each may do all that the one before may."""

from __future__ import annotations

from enum import IntEnum
from typing import Final


class Role(IntEnum):
    """viewer < analyst < releaser < admin."""

    VIEWER = 1
    """Reads; posts are shown with names and numbers taken out."""
    ANALYST = 2
    """Decides about warnings, rumours, indicators, posts, tips; proposes a release."""
    RELEASER = 3
    """Approves and reviews releases; changes recipients and the rota."""
    ADMIN = 4
    """People, roles, tokens, the audit log."""

    @property
    def word(self) -> str:
        """As it is written."""
        return self.name.lower()

    @classmethod
    def named(cls, word: str) -> Role:
        """The role that is written so.

        Raises:
            KeyError: there is none.
        """
        return cls[word.upper()]


WORDS: Final = tuple(role.word for role in Role)
