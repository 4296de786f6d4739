"""The review queue and the labels that people give."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from tocsin.console.actions import review as actions
from tocsin.console.facts import review as facts
from tocsin.console.forms import Analyst, AnalystReader, Cursor, Desk
from tocsin.console.problems import responses
from tocsin.model import PostLabel

router = APIRouter(tags=["review"])
Json = dict[str, Any]


class Part(BaseModel):
    """Which part of the queue."""

    show: Literal["waiting", "others", "disputed"] = Field(
        "waiting",
        description="What nobody labelled; what others did and you did not; what two people read "
        "differently.",
    )
    least: float = Field(facts.LEAST, ge=0, le=1, description="Alarm of a post at least.")
    cursor: Cursor = ""
    limit: int = Field(25, ge=1, le=100, description="Lines of one answer.")


class PostLabelled(BaseModel):
    """A label for a post and all its copies."""

    id: str = Field(max_length=400, examples=["town_channel/17"])
    label: PostLabel


class Labels(BaseModel):
    """Labels that are written in one go."""

    items: list[PostLabelled] = Field(min_length=1, max_length=actions.MOST)


@router.get("/review", responses=responses())
def read_review(desk: Desk, caller: AnalystReader, asked: Annotated[Part, Query()]) -> Json:
    """Posts that need a person's label, copies together, the most alarming first."""
    wanted = facts.Wanted(caller.handle, asked.limit, asked.least, asked.show, asked.cursor)
    found = facts.review(desk, wanted, caller.role)
    actions.note_seen(caller.session, len(found["items"]))
    return found


@router.post("/review/labels", status_code=201, responses=responses())
def label(desk: Desk, caller: Analyst, said: Labels) -> Json:
    """Label posts; each label holds for all copies of its post."""
    labels = {one.id: one.label.value for one in said.items}
    made = actions.label(desk, caller.handle, labels)
    actions.note_labelled(caller.session, len(made))
    return {"labelled": len(made), "items": facts.labels_of(desk, list(labels))}
