"""The words of a message: plain ones, until the delivery stage's own are put in their place.

The claim, a slur or a post's text never appears: a warning carries none of them.
"""

from __future__ import annotations

from tocsin.engines.release import Told
from tocsin.model import Action, Message, PlacePrecision, Recipient


def plain_message(told: Told, recipient: Recipient) -> Message:
    """One message in English; without a page and without CAP."""
    line = told.line
    exact = recipient.clearance.place is PlacePrecision.VENUE
    place = str(line["place"]) if exact else str(line["place"]).split(" ")[0]
    mark = "DRILL, nothing is happening. " if told.drill else ""
    subject = f"{mark}{line['level']} for {place}: {line['action']}"[:160]
    lines = [
        subject,
        f"Hostility against {line['target']}; as of {line['issued_at']}.",
        f"Time named: {line['window_start'] or 'none'}.",
        "A machine proposed this and people released it. It may be wrong.",
        *(f"Not seen here: {one}." for one in line["unseen"]),
        "Do not forward the posts. Do not go there.",
    ]
    return Message(
        recipient=recipient.id,
        warning=str(line["id"]),
        number=told.number,
        kind=Action(line["action"]),
        level=told.level,
        language="en",
        subject=subject,
        text="\n".join(lines) + "\n",
        html="",
        cap="",
        drill=told.drill,
    )
