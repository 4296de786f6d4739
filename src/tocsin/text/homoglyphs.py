"""Letters that look like those of another script, put back into the script of their word.

Writers who expect a filter swap Latin and Cyrillic look-alikes ("aэpoпopт") or put digits for
letters ("аэр0порт"). Only a word that is mixed in itself is touched: a Latin name in a
Cyrillic sentence is just that.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_LATIN = "aceopxykmtbhiѕjvgrunwABCEHKMOPTXYISJ"
_TO_CYRILLIC = dict(
    zip(
        "aceopxykmtbhisjrun" + "ABCEHKMOPTXYISJ",
        "асеорхукмтвніѕјгип" + "АВСЕНКМОРТХУІЅЈ",
        strict=True,
    )
)
_TO_LATIN = dict(
    zip(
        "асеорхукмтвніѕјһ" + "АВСЕНКМОРТХУІЅЈҺ",
        "aceopxykmtbhisjh" + "ABCEHKMOPTXYISJH",
        strict=True,
    )
)
