"""``tocsin explain``: why a post reads as it does."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from tocsin.cli.gazetteer import prepare_gazetteer
from tocsin.cli.options import JsonOption, ProjectOption, open_project
from tocsin.cli.output import out, show, show_json, show_rows
from tocsin.clock import SystemClock
from tocsin.engines.local import post_from_row
from tocsin.engines.workers import PostReader, ReadingPlan
from tocsin.errors import UsageError
from tocsin.model import Identity, Post, Span
from tocsin.reading import Explanation
from tocsin.store.erasures import erased_refs
from tocsin.store.lists import newest_post
from tocsin.text import post_from_content
from tocsin.wire import iso, reading_body

SHOWN = 12
"""Weights shown unless all are asked for."""

_STYLES = {
    "target": "bold magenta", "gathering": "bold cyan", "threat": "bold red",
    "expulsion": "bold red", "incitement": "bold red", "dehumanisation": "red",
    "allegation": "yellow", "condemn": "green", "peaceful": "green", "report": "blue",
}  # fmt: skip


def explain(
    post: Annotated[
        str,
        typer.Argument(
            help='Evidence id "channel/id" of a post in the project; with --text the text itself, '
            'or "-" for standard input.'
        ),
    ],
    project: ProjectOption = Path(),
    text: Annotated[bool, typer.Option("--text", help="POST is a text, not an id.")] = False,
    lang: Annotated[
        str | None, typer.Option(help="Language of the text (ISO 639-1), if it is known.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Show every weight.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show how a post is read and why: acts, frame, target, spans, and what each feature adds.

    Examples:

        tocsin explain townchat/1841

        tocsin explain --text "Everyone to the hostel at eight, they must go" --lang en
    """
    said = _typed(post, lang) if text else _archived(post, project)
    prepare_gazetteer()
    found = PostReader(ReadingPlan()).explain(said)
    if as_json:
        show_json(_as_json(found))
        return
    _show_text(found)
    _show_reading(found)
    _show_places(found)
    _show_weights(found, everything)


def _typed(text: str, lang: str | None) -> Post:
    said = sys.stdin.read() if text == "-" else text
    content: dict[str, Any] = {"text": said, "posted_at": iso(SystemClock().now())}
    if lang is not None:
        content["lang"] = lang
    return post_from_content(Identity("typed", "typed", "1", 1), content)


def _archived(ref: str, project: Path) -> Post:
    channel, slash, number = ref.rpartition("/")
    if not slash:
        raise UsageError(f"'{ref}' is no evidence id; write channel/id, or add --text")
    with open_project(project).reading() as store:
        row = newest_post(store, channel, number)
        gone = row is None and bool(erased_refs(store, [ref]))
    if gone:
        raise UsageError(f"{ref}: was erased")
    if row is None:
        raise UsageError(f"no post {ref} in this project; tocsin warnings and rumours show ids")
    return post_from_row(row)


def _as_json(found: Explanation) -> dict[str, Any]:
    return {
        **reading_body(found.reading),
        "time_p": None if found.reading.event_time is None else found.reading.event_time.p,
        "rules_alarm": found.rules_alarm,
        "bias": round(found.bias, 4),
        "weights": [
            {"feature": w.name, "value": round(w.value, 4), "adds": round(w.adds, 4)}
            for w in found.weights
        ],
    }


def _show_text(found: Explanation) -> None:
    """The post with its spans coloured."""
    shown = Text(found.text)
    for span in found.reading.spans:
        shown.stylize(_style(span), span.start, span.end)
    out.print(shown)
    show("")


def _style(span: Span) -> str:
    return _STYLES.get(span.kind, "underline")


def _show_reading(found: Explanation) -> None:
    reading = found.reading
    if reading.alarm is None:
        show(
            f"not read ({reading.lang}): no text, or a language without a pack. "
            "That is unread, not harmless."
        )
        return
    target = f"{reading.target.group} ({reading.target.score:.2f})" if reading.target else "none"
    show(
        f"alarm {reading.alarm:.2f} (rules alone {found.rules_alarm or 0:.2f}); "
        f"read {reading.read.value} as {reading.lang}"
    )
    frames = sorted(reading.frames.items(), key=lambda item: -item[1])
    show("frame " + ", ".join(f"{frame.value} {p:.2f}" for frame, p in frames if p >= 0.01))
    acts = sorted(reading.act_scores.items(), key=lambda item: -item[1])
    show("acts  " + ", ".join(f"{act.value} {score:.2f}" for act, score in acts))
    show(f"target {target}")
    rows = [{"where": f"{s.start}-{s.end}", "kind": s.kind, "cue": s.cue} for s in reading.spans]
    if rows:
        show("")
        show_rows(rows, ("where", "kind", "cue"), False)


def _show_places(found: Explanation) -> None:
    """Places with their roles, and the calls to gather."""
    reading = found.reading
    for place in reading.places:
        show(f"place {place.name}: {place.role.value} (p {place.p:.2f})")
    for call in reading.calls:
        where = call.place.name if call.place is not None else "no place named"
        when = iso(call.time.start) if call.time is not None else "no time"
        said = [f"call  to {where}, {when}"]
        if call.called is not None:
            said.append(f"called: {found.text[call.called.start : call.called.end]}")
        if call.asks:
            asks = ", ".join(found.text[span.start : span.end] for span in call.asks)
            said.append(f"asks: {asks}")
        if call.against is not None:
            said.append(f"against {call.against}")
        show("; ".join(said))
    for name, told_time in (("time ", reading.event_time), ("deadline", reading.deadline)):
        if told_time is not None:
            past = "past, " if told_time.past else ""
            exact = told_time.granularity.value.replace("_", " ")
            show(
                f"{name} {iso(told_time.start)} to {iso(told_time.end)} "
                f"({past}by the {exact}, p {told_time.p:.2f})"
            )


def _show_weights(found: Explanation, everything: bool) -> None:
    counted = [w for w in found.weights if abs(w.adds) >= 0.005]
    if not counted:
        return
    show("")
    show(f"what adds to the alarm (log odds; {found.bias:+.2f} whatever is said):")
    rows = [
        {"feature": w.name, "value": f"{w.value:.2f}", "adds": f"{w.adds:+.2f}"}
        for w in (counted if everything else counted[:SHOWN])
    ]
    show_rows(rows, ("feature", "value", "adds"), False)
