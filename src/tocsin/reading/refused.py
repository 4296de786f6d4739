"""What can never be a target group: the state, officials, parties, employers, unions.

Protest against power is peaceful assembly's business, not ours; a pack that names one of these
as a group does not load (DESIGN section 6, rule 3).
"""

from __future__ import annotations

import re

_WORDS = re.compile(r"[^\W\d_]+")

_WHOLE_WORDS = """
    state states army armies party parties union unions court courts judge judges employer
    employers company companies boss bosses cop cops mp mps fbi cia senate congress duma
    nato regime bureaucracy elite elites oligarch oligarchs
    суд суды судья судьи партия партии власть власти армия мэр мэры дума мвд фсб омон росгвардия
    чинуши гаи дпс ук депутат депутаты профсоюз профсоюзы завод начальник начальство режим
    """
REFUSED_WORDS = frozenset(_WHOLE_WORDS.split())
REFUSED_STEMS = (
    # English
    "government",
    "police",
    "policemen",
    "official",
    "officer",
    "minister",
    "ministr",
    "parliament",
    "politician",
    "president",
    "governor",
    "mayor",
    "deputies",
    "prosecutor",
    "soldier",
    "troops",
    "military",
    "conscript",
    "security force",
    "authorit",
    "council",
    "opposition",
    "communist",
    "republican",
    "democrat",
    "kremlin",
    "journalist",
    "corporation",
    "management",
    "manager",
    "strikebreaker",
    "trade union",
    # Russian
    "правительств",
    "чиновник",
    "полици",
    "полицейск",
    "губернатор",
    "президент",
    "министр",
    "министерств",
    "парламент",
    "прокур",
    "депутатск",
    "военкомат",
    "военком",
    "войск",
    "солдат",
    "силовик",
    "администраци",
    "работодател",
    "единоросс",
    "оппозици",
    "коммунист",
    "кремл",
    "госорган",
    "государств",
    "журналист",
    "политик",
)


def refused_term(term: str) -> str | None:
    """The first refused word in a group's name or term; None where there is none."""
    for word in _WORDS.findall(term.lower().replace("ё", "е")):
        if word in REFUSED_WORDS or word.startswith(REFUSED_STEMS):
            return str(word)
    return None
