"""Posts handed over by other software."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from tocsin.console.actions.intake import take
from tocsin.console.forms import Desk
from tocsin.console.guard import Caller, Needs
from tocsin.console.problems import responses
from tocsin.console.roles import Role
from tocsin.engines.intake import MOST_POSTS, Handed

router = APIRouter()
Feeder = Annotated[Caller, Depends(Needs(Role.ANALYST, "change", "ingest"))]


class PostIn(BaseModel):
    """A post, with the fields of every table of posts; others are left out."""

    id: str | int
    channel: str
    posted_at: str
    text: str
    captured_at: str | None = None
    lang: str | None = None
    views: int | None = None
    subscribers: int | None = None
    is_forward: bool | None = None
    forward_from: str | None = None
    forward_posted_at: str | None = None
    reply_to: str | int | None = None
    edited_at: str | None = None
    url: str | None = None
    media: str | list[Any] | None = None


class RefusedPost(BaseModel):
    """Why one could not be taken in."""

    line: int = Field(description="Counted from 1; of an array, which element.")
    problem: str
    advice: str


class Taken(BaseModel):
    """What came of posts that were handed over."""

    taken: int = Field(description="New posts.")
    versions: int = Field(description="New wordings of posts that were here.")
    unchanged: int = Field(description="Were here already.")
    erased: int = Field(description="Were erased before, and stay so.")
    refused: list[RefusedPost]


_POST: Final = {
    "id": "101",
    "channel": "example_city_news",
    "posted_at": "2024-05-01T12:00:00Z",
    "text": "The market opens at nine.",
}
_BODY: Final = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": MOST_POSTS,
                    "items": PostIn.model_json_schema(),
                },
                "example": [_POST],
            },
            "application/x-ndjson": {
                "schema": {"type": "string"},
                "example": '{"id":"101","channel":"example_city_news",'
                '"posted_at":"2024-05-01T12:00:00Z","text":"The market opens at nine."}\n',
            },
        },
    }
}


async def _body(request: Request) -> bytes:
    return await request.body()


@router.post(
    "/posts",
    response_model=Taken,
    responses={
        **responses(409),
        207: {"model": Taken, "description": "Some were refused; the others were taken in"},
    },
    openapi_extra=_BODY,
    tags=["posts"],
)
def hand_over(
    desk: Desk,
    caller: Feeder,
    body: Annotated[bytes, Depends(_body)],
    key: Annotated[
        str,
        Header(
            alias="idempotency-key",
            max_length=200,
            description="Of your choice; the same request with the same key is done once.",
        ),
    ] = "",
    live: Annotated[
        bool, Query(description="Collected just now: known from now on, not from `posted_at`.")
    ] = False,
) -> JSONResponse:
    """Take posts in: JSON Lines or one array, at most 10,000. They are scrubbed as those of
    `tocsin ingest`, and read by the next `tocsin run` or a running `tocsin watch`. Needs a token
    with the scope `ingest`.
    """
    answer = take(desk, Handed(body, caller.handle, live), key.strip())
    return JSONResponse(answer, 207 if answer["refused"] else 200)
