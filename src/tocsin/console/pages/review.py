"""The review queue: bulk triage by keyboard, one label for all copies of a post."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from tocsin.console.actions import review as actions
from tocsin.console.facts import review as facts
from tocsin.console.forms import Analyst, AnalystReader, Desk, back, said
from tocsin.console.render import render
from tocsin.errors import UsageError

router = APIRouter(prefix="/review", include_in_schema=False)
_PAGE = 25
_LEASTS = (0.1, 0.3, 0.5, 0.8)


class Part(BaseModel):
    """Which part of the queue, as the page's form says it."""

    show: Annotated[str, Field(pattern="^(waiting|others|disputed)$")] = "waiting"
    least: Annotated[float, Field(ge=0, le=1)] = facts.LEAST
    cursor: Annotated[str, Field(max_length=200)] = ""

    def address(self) -> str:
        """The same in an address, without the cursor."""
        return urlencode({"show": self.show, "least": self.least})


@router.get("")
def queue(
    request: Request, desk: Desk, caller: AnalystReader, part: Annotated[Part, Query()]
) -> Response:
    """Posts that need a person's label, the most alarming first."""
    wanted = facts.Wanted(caller.handle, _PAGE, part.least, part.show, part.cursor)
    found = facts.review(desk, wanted, caller.role)
    actions.note_seen(caller.session, len(found["items"]))
    around = {
        "part": part,
        "shows": facts.SHOWS,
        "leasts": _LEASTS,
        "exposure": actions.exposure(caller.session),
    }
    return render(request, "review.html", {**found, **around})


class LabelsForm(BaseModel):
    """Labels as the page's form says them.

    Args:
        item: for each post a label and the post, "threat town/17"; empty where none was chosen.
        tick: posts that were ticked; ``every`` is their label.
    """

    item: Annotated[list[Annotated[str, Field(max_length=500)]], Field(max_length=500)] = []
    tick: Annotated[list[Annotated[str, Field(max_length=400)]], Field(max_length=500)] = []
    every: Annotated[str, Field(max_length=40)] = ""
    show: Annotated[str, Field(pattern="^(waiting|others|disputed)$")] = "waiting"
    least: Annotated[float, Field(ge=0, le=1)] = facts.LEAST

    def labels(self) -> dict[str, str]:
        """Post → label.

        Raises:
            UsageError: a label for ticked posts, and none is ticked.
        """
        if self.every and not self.tick:
            raise UsageError("tick the posts that the label is for")
        pairs = [item.partition(" ") for item in self.item if item]
        chosen = {ref: label for label, _, ref in pairs}
        return chosen | (dict.fromkeys(self.tick, self.every) if self.every else {})


@router.post("/labels")
def label(desk: Desk, caller: Analyst, form: Annotated[LabelsForm, Form()]) -> Response:
    """Write the labels in one go, and show what waits then."""
    made = actions.label(desk, caller.handle, form.labels())
    actions.note_labelled(caller.session, len(made))
    said(caller, "review.said.labelled")
    return back(f"/review?{Part(show=form.show, least=form.least).address()}")


@router.post("/break")
def rest(caller: Analyst) -> Response:
    """A break was taken."""
    actions.rest(caller.session)
    said(caller, "review.said.rested")
    return back("/review")
