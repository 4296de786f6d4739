"""The same sentence about other groups, in the same grammatical form."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

# One form of each name for every language: English plurals; Russian genitive/accusative plurals
# and dative plurals. A sentence is used where it holds one of a row's forms; each is exchanged
# for the others of its row.
ROWS: dict[str, tuple[tuple[str, ...], ...]] = {
    "en": (
        ("Jews", "Muslims", "Christians", "Roma", "Armenians", "Chechens", "Chinese", "Indians",
         "Pakistanis", "Afghans", "Syrians", "Africans", "Ukrainians", "Russians", "Turks", "Kurds",
         "Arabs", "Palestinians", "refugees", "migrants", "Hindus", "Sikhs", "Rohingya", "Tatars",
         "Dalits", "women", "Poles"),
    ),
    "ru": (
        ("евреев", "мусульман", "христиан", "цыган", "армян", "чеченцев", "китайцев", "индийцев",
         "пакистанцев", "афганцев", "сирийцев", "африканцев", "украинцев", "русских", "турок",
         "курдов", "арабов", "палестинцев", "беженцев", "мигрантов", "дагестанцев", "грузин",
         "таджиков", "узбеков", "вьетнамцев", "татар", "поляков", "азербайджанцев"),
        ("евреям", "мусульманам", "христианам", "цыганам", "армянам", "чеченцам", "китайцам",
         "индийцам", "пакистанцам", "афганцам", "сирийцам", "африканцам", "украинцам", "русским",
         "туркам", "курдам", "арабам", "палестинцам", "беженцам", "мигрантам", "дагестанцам",
         "грузинам", "таджикам", "узбекам", "вьетнамцам", "татарам", "полякам", "азербайджанцам"),
    ),
}  # fmt: skip


def swapped(posts: Iterable[dict[str, Any]]) -> Iterator[list[tuple[str, str, str]]]:
    """For each sentence with such a name: (name, language, text) about every group of its row.

    The name stands for the group; the third of a row's posts would be as good.
    """
    for post in posts:
        for row in ROWS.get(post["lang"], ()):
            found = [name for name in row if re.search(rf"\b{name}\b", post["text"])]
            if len(found) == 1:
                pattern = rf"\b{found[0]}\b"
                yield [(n, post["lang"], re.sub(pattern, n, post["text"])) for n in row]
