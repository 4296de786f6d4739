"""``tocsin export`` and ``tocsin timeline``: evidence that others can check, and how it went."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from tocsin import wire
from tocsin.bundle.levels import Disclosure
from tocsin.cli.options import AsOption, JsonOption, ProjectOption, named_person, open_project
from tocsin.cli.output import say, show, show_json
from tocsin.clock import SystemClock
from tocsin.engines import export as exports
from tocsin.engines.export import Exported, ExportOrder
from tocsin.engines.project import filing
from tocsin.errors import UsageError
from tocsin.store.search import Bounds

_Level = Annotated[
    Disclosure,
    typer.Option(
        "--level",
        help="internal: everything; partner: no words, ids or addresses of posts; public: nor "
        "names of channels.",
    ),
]
_Since = Annotated[
    str | None, typer.Option(metavar="TIME", help="Posts published from then on (ISO 8601).")
]
_Until = Annotated[str | None, typer.Option(metavar="TIME", help="Posts published before.")]
_Channel = Annotated[
    str | None, typer.Option("--channel", metavar="NAME", help="Posts of this channel alone.")
]


def export(
    out: Annotated[
        Path, typer.Option("--out", metavar="FILE.zip", help="The bundle; must not be there yet.")
    ],
    level: _Level,
    asked: Annotated[
        str | None,
        typer.Argument(
            metavar="RUMOUR|WARNING|QUERY", help="An id, or words that the posts have in them."
        ),
    ] = None,
    channel: _Channel = None,
    since: _Since = None,
    until: _Until = None,
    who: AsOption = None,
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Write an evidence bundle that verifies without tocsin: python3 verify.py, sha256sum -c.

    It holds the items with proofs under one signed tree head, capture records, anchors, a
    timeline, a table, and a README that says what it proves and what not. Of what was erased
    only tombstones are in it. Who exported what is kept in the ledger, never its words.

        tocsin export 3fa2c41b9d07 --out bundle.zip --level internal --as ana

        tocsin export "market square" --since 2024-03-01 --out b.zip --level partner --as ana
    """
    order = ExportOrder(
        asked, _bounds(channel, since, until), level, out.absolute(), named_person(who)
    )
    desk = open_project(project)
    with filing(desk.folder):
        done = exports.export(desk, order, SystemClock().now())
    if as_json:
        show_json(_form(done))
        return
    show(f"{out}: {done.items:,} items, {done.level}{_apart(done)}")
    show(f"sha256 {done.digest}")
    show(f"signed by key {done.key}; whoever gets it needs that key from another place than this")
    if not done.anchors:
        say("no third party has stamped this ledger: when it existed is not proved; tocsin anchor")


def timeline(
    asked: Annotated[
        str, typer.Argument(metavar="RUMOUR|WARNING|QUERY", help="An id, or words of the posts.")
    ],
    html: Annotated[
        Path, typer.Option("--html", metavar="FILE", help="The page; must not be there yet.")
    ],
    level: _Level = Disclosure.INTERNAL,
    since: _Since = None,
    until: _Until = None,
    who: AsOption = None,
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Write one page: who posted what first, how it spread, what was known when.

    The page needs nothing else, asks nothing of any server, and prints well. At a level that
    leaves the desk (partner, public) it needs --as NAME and is noted in the ledger.
    """
    by = "" if level.whole and not who else named_person(who)
    order = ExportOrder(asked, _bounds(None, since, until), level, html.absolute(), by)
    desk = open_project(project)
    with filing(desk.folder):
        done = exports.export_timeline(desk, order, SystemClock().now())
    if as_json:
        show_json(_form(done))
        return
    show(f"{html}: {done.posts:,} posts, {done.level}{_apart(done)}")


def _apart(done: Exported) -> str:
    parts = [
        f"{done.erased:,} of them erased" if done.erased else "",
        f"{done.tips:,} tips left out" if done.tips else "",
        f"{done.anchors:,} anchors" if done.anchors else "",
    ]
    return "".join(f", {part}" for part in parts if part)


def _form(done: Exported) -> dict[str, Any]:
    return {
        "file": str(done.out),
        "level": done.level.value,
        "sha256": done.digest,
        "items": done.items,
        "posts": done.posts,
        "erased": done.erased,
        "tips_left_out": done.tips,
        "anchors": done.anchors,
        "key": done.key or None,
        "ledger_entry": done.seq,
    }


def _bounds(channel: str | None, since: str | None, until: str | None) -> Bounds:
    bare = channel.removeprefix("@") if channel else None
    return Bounds(bare, _time("--since", since), _time("--until", until))


def _time(option: str, text: str | None) -> datetime | None:
    try:
        return wire.moment(text)
    except ValueError:
        raise UsageError(
            f"{option} {text}: no time; write it as 2024-03-01 or 2024-03-01T18:00+03:00"
        ) from None
