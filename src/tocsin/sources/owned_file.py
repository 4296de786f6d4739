"""Files with secrets, which nobody but their owner may read."""

from __future__ import annotations

from pathlib import Path

from tocsin import system
from tocsin.errors import UsageError


def owned_text(path: Path, see: str = "") -> str:
    """What stands in such a file.

    Args:
        see: what a person should read who has none.

    Raises:
        UsageError: no such file, others may read it, or it is no text.
    """
    try:
        others = system.others_may_read(path)
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        advice = f"; see {see}" if see else ""
        raise UsageError(f"{path}: cannot be read ({error.strerror}){advice}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path}: not valid UTF-8") from None
    if others:
        raise UsageError(f"{path}: other accounts may read it; chmod 600 {path}")
    return text
