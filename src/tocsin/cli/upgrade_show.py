"""How ``tocsin upgrade`` shows what it found: counts and ids, never a word of a post."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from tocsin.cli.output import say, show, show_json, show_rows
from tocsin.engines.upgrades.back import Returned
from tocsin.engines.upgrades.compare import ReadOtherwise, WarnedOtherwise
from tocsin.engines.upgrades.look import Looked
from tocsin.engines.upgrades.parts import PARTS, Change, changed_parts

MOST = 20
"""Ids shown of a kind; --json shows all."""


def looked_of(found: Looked) -> dict[str, Any]:
    """What the ledger keeps of a look, with the decision that followed it."""
    if found.sample is None:
        return {"read": 0, "replayed": 0}
    windows = sum(window.posts for window in found.sample.windows)
    return {
        "read": len(found.sample.seqs),
        "replayed": windows,
        "read_otherwise": len(found.compared.read),
        **found.compared.counts,
        **found.compared.outcomes,
    }


def form_of(found: Looked) -> dict[str, Any]:
    """The whole of it as JSON."""
    compared = found.compared
    return {
        "same": found.same,
        "parts": {part: part not in changed_parts(found.changes) for part in PARTS},
        "changes": [_change(one) for one in found.changes],
        "unaccepted": [_change(one) for one in found.unaccepted],
        **looked_of(found),
        "drawn": dict(found.sample.drawn) if found.sample else {},
        "of": found.sample.of if found.sample else None,
        "exact": found.exact,
        "stuck": found.stuck,
        "posts": [asdict(one) for one in compared.read],
        "warnings": [asdict(one) for one in compared.warned],
        "cut": [asdict(one) for one in compared.cut],
        "resting": list(compared.resting),
        "standing": list(compared.standing),
    }


def _change(one: Change) -> dict[str, Any]:
    return {"part": one.part, **asdict(one)}


def show_looked(found: Looked, accepted: bool) -> None:
    """For a person."""
    if not found.changes and not found.unaccepted:
        show("the same versions as in the newest run: nothing would be decided otherwise")
        return
    show_rows(_parts(found.changes or found.unaccepted), ("part", "differ", "which"), False)
    if not found.changes:
        show("the newest run used these already; nobody has accepted them")
    if found.sample is not None:
        _show_compared(found)
    if accepted:
        show("accepted; back again: tocsin upgrade --back --as NAME")
    elif found.unaccepted:
        say("accept with: tocsin upgrade --accept --as NAME; back: tocsin upgrade --back --as NAME")


def _parts(changes: Sequence[Change]) -> list[dict[str, Any]]:
    rows = []
    for part in changed_parts(changes):
        of_part = [one for one in changes if one.part == part]
        which = [f"{one.name} {_short(one.before)} → {_short(one.after)}" for one in of_part[:6]]
        more = ["…"] if len(of_part) > 6 else []
        rows.append({"part": part, "differ": len(of_part), "which": ", ".join(which + more)})
    return rows


def _short(value: str | None) -> str:
    return "none" if value is None else value[:8]


def _show_compared(found: Looked) -> None:
    assert found.sample is not None
    compared, drawn = found.compared, found.sample.drawn
    told = ", ".join(f"{count:,} {why}" for why, count in drawn.items())
    show(f"{len(found.sample.seqs):,} of {found.sample.of:,} posts read again ({told})")
    rows = [{"read otherwise": kind, "posts": n} for kind, n in compared.counts.items()]
    if rows:
        show_rows(rows, ("read otherwise", "posts"), False)
        _show_some("posts read otherwise", [_post_words(one) for one in compared.read])
    else:
        show("all of them would be read the same")
    standing = set(compared.standing)
    named = [f"{w} (stands)" if w in standing else w for w in compared.resting]
    if named:
        show(f"{len(named)} warnings rest on such posts:")
        _show_some("warnings", named)
    _show_windows(found)
    if found.stuck:
        show(
            f"a run cannot go on from where the last one stopped ({found.stuck}); once accepted: "
            "tocsin rebuild",
            "bold red",
        )


def _show_windows(found: Looked) -> None:
    assert found.sample is not None
    compared, windows = found.compared, found.sample.windows
    posts = sum(window.posts for window in windows)
    against = "under both versions" if found.exact else "and compared with what was recorded"
    where = "one window" if len(windows) == 1 else f"{len(windows)} windows"
    show(f"{posts:,} posts replayed {against}, in {where}")
    if compared.warned:
        counts = ", ".join(f"{n} {what}" for what, n in compared.outcomes.items())
        show(f"warnings told otherwise: {counts}")
        _show_some("warnings", [_warning_words(one) for one in compared.warned])
    elif not compared.cut:
        show("no warning would be told otherwise")
    if compared.cut:
        show(
            f"{len(compared.cut)} warnings came out otherwise in the replay, which may be because "
            "it begins in the middle, or people had a part in them; tocsin rebuild tells for sure"
        )
        _show_some("warnings", [_warning_words(one) for one in compared.cut])


def _show_some(what: str, names: Iterable[str]) -> None:
    listed = list(names)
    for name in listed[:MOST]:
        show(f"  {name}")
    if len(listed) > MOST:
        show(f"  and {len(listed) - MOST:,} more {what}; --json names all")


def _post_words(one: ReadOtherwise) -> str:
    before, after = ("unread" if x is None else f"{x:.2f}" for x in (one.before, one.after))
    return f"{one.ref}: {', '.join(one.what)} (alarm {before} → {after})"


def _warning_words(one: WarnedOtherwise) -> str:
    return f"{one.id}: {one.what} ({one.before or 'not told'} → {one.after or 'not told'})"


def show_returned(found: Returned, as_json: bool) -> None:
    """What was put back, and what a person must do."""
    if as_json:
        show_json(
            {
                "settings": list(found.settings),
                "files": list(found.files),
                "environment": None if found.environment is None else str(found.environment),
                "schema": found.schema,
                "by_hand": list(found.by_hand),
            }
        )
        return
    for name in found.settings:
        show(f"set back: {name}")
    for file in found.files:
        show(f"put back: {file} (what was there is kept in versions/)")
    if found.environment is not None:
        show(f"tocsin is started from {found.environment} again")
    if found.schema is not None:
        show(f"the store is back at schema {found.schema}; use the older tocsin from here on")
    for line in found.by_hand:
        say(f"by hand: {line}")
    if not found.by_hand:
        show("the versions before are in force again")
