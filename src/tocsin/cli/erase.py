"""``tocsin erase`` and ``tocsin retention``: evidence that is to be destroyed."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from tocsin.archive import Archive, ErasureOrder
from tocsin.cli.options import AsOption, JsonOption, ProjectOption, named_person, open_project
from tocsin.cli.output import show, show_json, show_rows
from tocsin.clock import SystemClock
from tocsin.engines.project import Project
from tocsin.engines.selection import (
    Choice,
    Chosen,
    RetentionClass,
    choose,
    due,
    limits,
    named_by_warnings,
)
from tocsin.errors import UsageError
from tocsin.store import Store
from tocsin.wire import iso, moment

_LISTED = 20
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask; needed without a terminal.")]


def erase(
    post: Annotated[
        str | None, typer.Argument(metavar="POST", help='Evidence id "channel/id", all versions.')
    ] = None,
    channel: Annotated[str | None, typer.Option(help="Everything of this channel.")] = None,
    pseudonym: Annotated[
        str | None,
        typer.Option(help="What this pseudonym wrote, or what was forwarded from it."),
    ] = None,
    before: Annotated[
        str | None, typer.Option(metavar="DATE", help="Published before this day or moment, UTC.")
    ] = None,
    kind: Annotated[
        str | None,
        typer.Option("--class", metavar="CLASS", help=", ".join(one for one in RetentionClass)),
    ] = None,
    reason: Annotated[str, typer.Option("--reason", help="Why; kept in the ledger.")] = "",
    by: AsOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would go.")] = False,
    yes: YesOption = False,
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Destroy evidence for good: text, salt, sealed original, and all that was made from them.

    What stays: channel, message id and version, the commitments, and a ledger entry that says who
    erased it, when and why. The archive still verifies. Warnings keep the ids they named and
    show them as erased. The same post is not taken in again. Not reached: backups, and copies
    that people made. Examples:

        tocsin erase town_news/4711 --reason "asked for by its author" --as ana

        tocsin erase --before 2024-01-01 --class posts --reason retention --as ana --dry-run
    """
    choice = _choice(post, channel, pseudonym, (before, kind))
    order = None if dry_run else _order(choice.words(), by, reason)
    desk = open_project(project)
    with desk.writing() as (archive, store):
        chosen = choose(store, choice)
        if not chosen:
            raise UsageError(f"nothing here to erase: {choice.words()}")
        _tell(store, chosen, listed=pseudonym is None, as_json=as_json)
        if order is None or not _sure(yes, len(chosen)):
            return
        _erase(desk, (archive, store), chosen, order)


def _choice(
    post: str | None,
    channel: str | None,
    pseudonym: str | None,
    age: tuple[str | None, str | None],
) -> Choice:
    before, kind = age
    if not any((post, channel, pseudonym, before)):
        raise UsageError("say what: POST, --channel, --pseudonym, or --before DATE --class CLASS")
    if post is not None and not post.rpartition("/")[0]:
        raise UsageError(f"'{post}' is no evidence id; write channel/id")
    if kind is not None and kind not in list(RetentionClass):
        raise UsageError(f"--class {kind}: say one of {', '.join(RetentionClass)}")
    return Choice(
        post=post,
        channel=channel.removeprefix("@") if channel else None,
        pseudonym=pseudonym,
        before=_day(before),
        kind=None if kind is None else RetentionClass(kind),
    )


def _day(text: str | None) -> datetime | None:
    try:
        return moment(text)
    except ValueError:
        raise UsageError(f"--before {text}: write it as 2024-01-31 or with a time") from None


def _order(what: str, by: str | None, reason: str) -> ErasureOrder:
    name = named_person(by)
    if not reason.strip():
        raise UsageError("an erasure needs its reason: add --reason '…'")
    return ErasureOrder(name, str(iso(SystemClock().now())), reason.strip(), what)


def _tell(store: Store, chosen: Sequence[Chosen], *, listed: bool, as_json: bool) -> None:
    """What would go. By pseudonym only counts: nothing lists posts by author."""
    kinds = Counter(str(one.kind) for one in chosen)
    warnings = list(named_by_warnings(store, chosen))
    if as_json:
        refs = {"refs": [one.ref for one in chosen]} if listed else {}
        show_json({"items": len(chosen), "classes": kinds, "warnings": warnings, **refs})
        return
    parts = ", ".join(f"{kind} {count:,}" for kind, count in sorted(kinds.items()))
    days = sorted(one.posted_at for one in chosen)
    show(f"{len(chosen):,} items ({parts}), {days[0]:%Y-%m-%d} to {days[-1]:%Y-%m-%d}", "bold")
    if listed:
        for one in chosen[:_LISTED]:
            show(f"  {one.ref}  {one.kind}")
        if len(chosen) > _LISTED:
            show(f"  and {len(chosen) - _LISTED:,} more")
    if warnings:
        show(f"named by warnings, which will show them as erased: {', '.join(warnings)}")


def _sure(yes: bool, count: int) -> bool:
    if yes:
        return True
    if not sys.stdin.isatty():
        raise UsageError("nothing was erased: without a terminal to ask on, add --yes")
    return typer.confirm(f"Destroy these {count:,} items for good?", err=True)


def _erase(
    desk: Project,
    opened: tuple[Archive, Store],
    chosen: Sequence[Chosen],
    order: ErasureOrder,
) -> None:
    archive, store = opened
    seq = archive.erase({one.seq for one in chosen}, order)
    desk.follow(archive, store)
    show(f"erased: {len(chosen):,} items, ledger entry {seq}")


def retention(
    apply: Annotated[bool, typer.Option("--apply", help="Erase what is due.")] = False,
    by: AsOption = None,
    yes: YesOption = False,
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Show what has been kept longer than its class allows; with --apply, erase it.

    Classes: tips; warnings (evidence that a warning names); rumours (posts of a rumour of two posts
    or more, or one that people decided about); posts (all others). Days count from when a post was
    published. Set them in tocsin.toml, 0 keeps for good (the default):

        [retention]
        posts_days = 90

    Nothing is ever erased by itself. For a nightly job: tocsin retention --apply --yes --as NAME
    """
    desk = open_project(project)
    kept = limits(desk.settings)
    now = SystemClock().now()
    with desk.writing() as (archive, store):
        found = due(store, kept, now)
        _show_due(kept, found, as_json)
        chosen = [one for ones in found.values() for one in ones]
        if not apply or not chosen:
            return
        days = ", ".join(f"{kind} {limit.days} days" for kind, limit in kept.items())
        order = _order(f"retention: {days}", by, "kept longer than its class allows")
        if _sure(yes, len(chosen)):
            _erase(desk, (archive, store), chosen, order)


def _show_due(kept: dict[Any, Any], found: dict[Any, list[Chosen]], as_json: bool) -> None:
    rows = [
        {
            "class": str(kind),
            "kept_days": kept[kind].days if kind in kept else "for good",
            "due": len(found.get(kind, ())),
        }
        for kind in RetentionClass
    ]
    show_rows(rows, ("class", "kept_days", "due"), as_json)
