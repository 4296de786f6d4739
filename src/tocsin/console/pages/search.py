"""Search: words and filters, the posts that fit, and when they came."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response

from tocsin.console.actions.search import save_feed
from tocsin.console.asked_search import SearchForm
from tocsin.console.facts.search import search
from tocsin.console.forms import Analyst, Desk, Reader, back, said
from tocsin.console.render import render
from tocsin.console.roles import Role
from tocsin.engines.feeds import signs_in_use
from tocsin.model import Act

router = APIRouter(prefix="/search", include_in_schema=False)
_PAGE = 50


@router.get("")
def ask(
    request: Request, desk: Desk, caller: Reader, form: Annotated[SearchForm, Query()]
) -> Response:
    """The form, and what was found."""
    found: dict[str, Any] | None = None
    if form.narrowed():
        found = search(desk, form.asked(), caller.role, _PAGE)
    signs = signs_in_use(desk.store, desk.clock.now()) if caller.may(Role.ANALYST) else []
    around = {
        "form": form,
        "found": found,
        "acts": [act.value for act in Act],
        "signs": [state.indicator for state in signs if _takes_words(state.indicator.rule)],
        "address": urlencode({k: v for k, v in form.model_dump(exclude={"cursor"}).items() if v}),
    }
    return render(request, "search.html", around)


def _takes_words(rule: Any) -> bool:
    """Whether a sign may be looked for by words without finding less than before."""
    return rule is None or bool(rule.words) or not (rule.acts or rule.signals)


@router.post("/feed")
def keep(
    desk: Desk,
    caller: Analyst,
    sign: Annotated[str, Form(max_length=60)],
    q: Annotated[str, Form(max_length=200)],
) -> Response:
    """Keep the words as an indicator's evidence feed."""
    save_feed(desk, caller.handle, sign, q)
    said(caller, "search.said.feed")
    return back(f"/search?{urlencode({'q': q})}")
