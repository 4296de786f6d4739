"""Facts that ask the store many things, asked of one state of it over one connection."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from tocsin.console.desk import ConsoleDesk

Rest = ParamSpec("Rest")
Found = TypeVar("Found")


def in_one_look(
    fact: Callable[Concatenate[ConsoleDesk, Rest], Found],
) -> Callable[Concatenate[ConsoleDesk, Rest], Found]:
    """A fact of which no part is newer than another."""

    @wraps(fact)
    def asked(desk: ConsoleDesk, /, *rest: Rest.args, **named: Rest.kwargs) -> Found:
        with desk.store.one_look():
            return fact(desk, *rest, **named)

    return asked
