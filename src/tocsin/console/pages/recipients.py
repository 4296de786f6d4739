"""Who outside the desk may be warned."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from tocsin.console.actions import staff as actions
from tocsin.console.facts.staff import recipients
from tocsin.console.forms import Analyst, Desk, Releaser, back, said
from tocsin.console.problems import NotThere
from tocsin.console.render import render
from tocsin.console.roles import Role
from tocsin.delivery.language import load_languages
from tocsin.engines.desk_lists import HIDDEN

router = APIRouter(prefix="/recipients", include_in_schema=False)
Word = Annotated[str, Field(max_length=200)]
Lines = Annotated[str, Field(max_length=4_000)]


class RecipientForm(BaseModel):
    """Somebody outside the desk, as the page's form says it."""

    id: Annotated[str, Field(min_length=1, max_length=60)]
    name: Word = ""
    kind: Annotated[str, Field(min_length=1, max_length=40)]
    address: Annotated[str, Field(min_length=1, max_length=2_000)]
    languages: Word = ""
    communities: Lines = ""
    areas: Lines = ""
    least: Annotated[str, Field(pattern="^(watch|alert|alarm)$")] = "alert"
    place: Annotated[str, Field(pattern="^(district|venue)$")] = "district"
    wording: Annotated[str, Field(pattern="^(community|partner)$")] = "community"
    secret: Annotated[str, Field(max_length=500)] = ""
    keep: bool = False

    def form(self) -> dict[str, Any]:
        """The same as the list has it; an empty key field keeps the key that there is."""
        return {
            "id": self.id.strip(),
            "name": self.name.strip() or self.id.strip(),
            "kind": self.kind.strip(),
            "address": self.address.strip(),
            "languages": self.languages.replace(",", " ").split(),
            "communities": _lines(self.communities),
            "areas": _lines(self.areas),
            "least": self.least,
            "clearance": {"place": self.place, "wording": self.wording},
            "secret": self.secret or (HIDDEN if self.keep else ""),
        }


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


@router.get("")
def listed(
    request: Request,
    desk: Desk,
    caller: Analyst,
    change: Annotated[str, Query(max_length=60)] = "",
) -> Response:
    """The list, and the form that changes it."""
    rows = recipients(desk, caller.role)
    wanted = [row for row in rows if row["id"] == change]
    if change and not wanted:
        raise NotThere("nobody of that id is on the list")
    shown = wanted[0] if wanted and caller.may(Role.RELEASER) else None
    known = sorted(load_languages())
    return render(request, "recipients.html", {"rows": rows, "shown": shown, "known": known})


@router.post("")
def put(desk: Desk, caller: Releaser, form: Annotated[RecipientForm, Form()]) -> Response:
    """Add somebody, or change them."""
    actions.put_recipient(desk, caller.handle, form.form())
    said(caller, "recipients.said.put")
    return back("/recipients")


@router.post("/remove")
def remove(
    desk: Desk, caller: Releaser, name: Annotated[str, Form(alias="id", max_length=60)]
) -> Response:
    """Take somebody off."""
    actions.remove_recipient(desk, caller.handle, name)
    said(caller, "recipients.said.removed")
    return back("/recipients")
