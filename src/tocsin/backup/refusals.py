"""Why a backup cannot be read; whoever knows the file makes one line of it."""

from __future__ import annotations


class Damaged(ValueError):
    """It was changed, cut short, or was never a backup; ``str`` says what is wrong."""


class WrongKey(ValueError):
    """None of the keys that were given opens it, or the passphrase does not."""
